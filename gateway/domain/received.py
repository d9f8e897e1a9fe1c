"""What becomes of one callback before anything is written: an arrival, a question, or a row for quarantine."""

from collections.abc import Callable
from dataclasses import field
from datetime import timedelta
from enum import StrEnum

from gateway.domain.callback import Callback
from gateway.domain.event import Event
from gateway.domain.facts import Facts
from gateway.domain.quick import dataclass
from gateway.domain.settings import Shortcode

Router = Callable[[Event], tuple[str, ...]]
"""Gives the names of the destinations of an event, each once, in the order of the tenant's routes."""


class Reason(StrEnum):
    """Why an authenticated callback is in quarantine."""

    # Not one JSON document that every reader understands alike.
    UNREADABLE = "unreadable"
    # Longer than 64 KiB; the first 64 KiB are kept.
    TOO_LARGE = "too_large"
    # JSON of a form that its kind does not know.
    NEW_SHAPE = "new_shape"
    # The key is right, the kind in the URL is none we know.
    UNKNOWN_KIND = "unknown_kind"
    # The body names a shortcode that is not the hook's.
    FOREIGN_SHORTCODE = "foreign_shortcode"
    # It came from an address that `allow_from` does not name.
    SOURCE_ADDRESS = "source_address"
    # Its signature is missing or wrong.
    SIGNATURE = "signature"
    # An exception of our own.
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A callback that became an event, before it is known whether the store has heard of its payment."""

    callback: Callback
    facts: Facts
    shortcode: Shortcode
    # Complete but for what only the store knows: an older payment it belongs to, what it supersedes.
    event: Event
    route: Router
    # How long its event waits for a twin that would complete it.
    merge_window: timedelta = timedelta(0)
    # Digest of what must not change when this callback comes again; no other tenant or kind has the same.
    facts_digest: bytes = field(init=False)

    def __post_init__(self) -> None:
        told = self.facts.digest(self.shortcode.number, self.callback.tenant, self.callback.kind)
        object.__setattr__(self, "facts_digest", told)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An authenticated callback that could not become an event. `path` points into the body as it came."""

    callback: Callback
    reason: Reason
    path: str = "$"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A C2B validation with the decision that answers it."""

    callback: Callback
    facts: Facts
    # `accept`, or the code of the refusal.
    decision: str
    # Why, in the words of the configuration.
    because: str


Received = Arrival | Quarantined | Question
