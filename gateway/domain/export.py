"""The export ledger: lines that gather until a file of them is closed, and what an adapter of such files has to be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from gateway.domain.event import Event


class UnbookableError(ValueError):
    """The event tells of money and yet cannot be booked; the text says why, without the payer."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """What an adapter wants in the export ledger for an event: which file it belongs to, once that is closed.

    The event itself is not in it: files are made of the stored events.
    """

    shortcode: str
    # The payment's day in Nairobi, as 20260302.
    day: str


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line that is in no file yet."""

    id: int
    shortcode: str
    day: str
    booked_at: datetime


@dataclass(frozen=True, slots=True)
class Cut:
    """Which open lines are to become files now."""

    # Those booked before this moment ...
    before: datetime
    # ... if their payment's day is before this one; None: whatever their day.
    days_before: str | None = None
    # So many lines of one shortcode and day are a file at once, whenever they were booked.
    full: int | None = None
    # No file has more lines than this; None: no limit.
    most: int | None = None

    @property
    def longest(self) -> int | None:
        """How many lines a file has at most."""
        limits = [limit for limit in (self.full, self.most) if limit is not None]
        return min(limits) if limits else None

    def is_due(self, line: OpenLine) -> bool:
        """Tell whether the time of a line has come."""
        return line.booked_at < self.before and (self.days_before is None or line.day < self.days_before)


def cut_up(lines: Sequence[OpenLine], cut: Cut) -> list[list[OpenLine]]:
    """Return the lines of each file to be closed now. All are of one shortcode and day, in the order of booking."""
    due = [line for line in lines if cut.is_due(line)]
    size = cut.longest or max(len(due), 1)
    files = [due[start : start + size] for start in range(0, len(due), size)]
    if cut.full is not None:
        rest = [line for line in lines if not cut.is_due(line)]
        files += [rest[start : start + size] for start in range(0, len(rest) - size + 1, size)]
    return files


@dataclass(frozen=True, slots=True)
class FilePlan:
    """Where the files of a destination go. `settings` is what `adapter` renders them with, then and ever after."""

    adapter: str
    folder: str
    extension: str
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CloseLines:
    """To be written: files over the open lines of a destination whose time has come."""

    tenant: str
    destination: str
    cut: Cut
    plan: FilePlan
    at: datetime


@dataclass(frozen=True, slots=True)
class FileWritten:
    """To be written: the bytes of a file are in its folder, rendered with these settings."""

    file_id: int
    digest: str
    settings: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """A file of the ledger: its lines are settled, whether or not its bytes are on disk yet."""

    id: int
    tenant: str
    destination: str
    shortcode: str
    day: str
    name: str
    folder: str
    adapter: str
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """The bytes of a file, how many events have a line in it, and what a person should know (without the payer)."""

    body: bytes
    entries: int
    notes: tuple[str, ...] = ()


@runtime_checkable
class Gathers(Protocol):
    """What an adapter is, beside `Adapter`, whose verdicts carry ledger lines: delivery closes files with it."""

    def line(self, event: Event) -> LedgerLine | None:
        """Return the line of an event, None where it moves no money. Raises UnbookableError."""
        ...

    def cut(self, now: datetime) -> Cut:
        """Return what is to be closed at this moment."""
        ...

    def plan(self) -> FilePlan:
        """Return where files go and what they are rendered with."""
        ...

    def render(self, shortcode: str, events: Iterable[Event], around: Iterable[Event] = ()) -> Rendered:
        """Return the bytes of a file of these events: the same events give the same bytes, in whatever order.

        `around` are events of other files: they change no byte, and only say what a note is to be about.
        """
        ...
