"""The adapter protocol: what code that serves one type of destination has to be. Plug-ins implement exactly this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from gateway.domain.delivery import Verdict
from gateway.domain.event import Event
from gateway.domain.settings import Destination


@dataclass(frozen=True, slots=True)
class Preview:
    """One request (or row, or line) as an adapter would send it now, secrets masked. For `try` and for people."""

    title: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    # Name of the step, where a destination has steps.
    step: str = ""
    # When it is sent, and what is not known before: a sentence or two, or nothing.
    note: str = ""


class Mistake(str):
    """A sentence about the settings, with the keys that lead to the faulty one inside the destination's own."""

    __slots__ = ("severity", "steps")

    def __new__(cls, sentence: str, steps: tuple[str | int, ...] = (), severity: str = "error") -> "Mistake":
        """Make one; a `severity` of "warning" lets the gateway start."""
        made = super().__new__(cls, sentence)
        made.steps = steps
        made.severity = severity
        return made

    steps: tuple[str | int, ...]
    severity: str


class Progress(Protocol):
    """The durable progress of one delivery. The adapter keeps nothing itself: all it saves goes through here.

    Each call returns only when what it says is committed; it raises StoreUnavailable if that cannot be done, and the
    adapter lets that pass.
    """

    @property
    def attempt(self) -> int:
        """Number of this attempt, from 1. Replays go on counting."""
        ...

    @property
    def open_step(self) -> str | None:
        """Step that an earlier attempt began without telling how it ended (time-out, crash), else None."""
        ...

    @property
    def saved(self) -> Mapping[str, Any]:
        """Values saved by earlier steps and attempts."""
        ...

    def begin(self, step: str) -> None:
        """Commit that `step` is about to be sent. Needed before every send that must not be repeated blindly."""
        ...

    def save(self, values: Mapping[str, Any]) -> None:
        """Commit JSON values that later steps and attempts will see; closes the open step."""
        ...


class Vault(Protocol):
    """Durable values of one tenant, such as a token that is given only once. They are secrets: none is ever shown.

    A key should begin with its adapter's name: all of a tenant's destinations see the same values, so that two that
    share an account share its token.
    """

    def get(self, key: str) -> str | None:
        """Return the value as it is committed now, None where there is none. Raises StoreUnavailable."""
        ...

    def swap(self, key: str, old: str | None, new: str) -> bool:
        """Commit `new` where the value is `old` (None: there is none), and tell whether it was; else change nothing.

        Returns only when that is on disk. Raises StoreUnavailable; what became of it is then unknown.
        """
        ...


@runtime_checkable
class KeepsState(Protocol):
    """An adapter that must remember something beyond one delivery. Others need not have this method."""

    def keep_in(self, vault: Vault) -> None:
        """Take the vault, once, before the first delivery. Outside of delivery (`check`, `try`) there is none."""
        ...


@runtime_checkable
class Adapter(Protocol):
    """One configured destination's adapter. Made once per process and destination; `deliver` runs in threads."""

    def check(self, live: bool = False) -> Sequence[str]:
        """Return what is wrong with the destination, a sentence each; a `Mistake` tells its place too.

        With `live` it may ask the destination, but must not change anything there.
        """
        ...

    def preview(self, event: Event) -> Sequence[Preview]:
        """Return what `deliver` would send for this event, secrets masked, without any side effect."""
        ...

    def deliver(self, event: Event, progress: Progress) -> Verdict:
        """Try once to hand over the event. Raises only for faults of its own code; those count as retry.

        Must be safe for the same event twice, and from two threads at once for different events.
        """
        ...

    def close(self) -> None:
        """Let go of connections, quickly."""
        ...


@runtime_checkable
class BatchAdapter(Adapter, Protocol):
    """An adapter that takes several events at once for less than each alone costs. Delivery then calls only this.

    Such an adapter has no steps: whatever happens, the same events may be handed over again.
    """

    def deliver_many(self, events: Sequence[Event]) -> Sequence[Verdict]:
        """Try once to hand over the events; return one verdict on each, in their order.

        One that is refused takes no other with it. Raises only for faults of its own code; those count as retry.
        """
        ...


@runtime_checkable
class PreparingAdapter(Adapter, Protocol):
    """An adapter that looks at its destination before the first event comes."""

    def prepare(self) -> Sequence[str]:
        """Make ready what deliveries need; return what is wrong, a sentence each. Deliveries come all the same."""
        ...


class AdapterFactory(Protocol):
    """What the registry holds for each adapter name: usually the adapter class itself."""

    def __call__(self, destination: Destination) -> Adapter:
        """Make the adapter of one destination from settings that its schema has already accepted."""
        ...
