"""The entries of one file in order, with the running balance, and the places where it and M-Pesa's own disagree."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from adapters.export.entry import Entry, Movement
from gateway.domain.ids import derived_id

# Gaps that are told one by one.
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One movement with the balance after it, None where no balance is known."""

    entry: Entry
    movement: Movement
    balance: Decimal | None


@dataclass(frozen=True, slots=True)
class Statement:
    """What a file tells. Everything in it follows from the events, so that the same facts give the same bytes."""

    tenant: str
    shortcode: str
    currency: str
    entries: tuple[Entry, ...]
    lines: tuple[Line, ...]
    # Before the first line: from M-Pesa's own balances, else nought, so that the closing balance is what has moved.
    opening: Decimal

    @property
    def total(self) -> Decimal:
        """What has moved in all."""
        return sum((line.movement.amount for line in self.lines), Decimal(0))

    @property
    def closing(self) -> Decimal:
        """The opening balance and all that has moved: a file is always right in itself."""
        return self.opening + self.total

    @property
    def first(self) -> datetime:
        """When its first line happened."""
        return self.entries[0].at

    @property
    def last(self) -> datetime:
        """When its last line happened: stands where a format asks when the file was made."""
        return self.entries[-1].at

    @property
    def id(self) -> str:
        """A UUID that this content always has, and no other."""
        return derived_id("statement", self.tenant, self.shortcode, *(entry.event.id for entry in self.entries))


def statement_of(tenant: str, shortcode: str, currency: str, entries: Iterable[Entry]) -> Statement:
    """Return the statement of entries, which may come in any order, each once."""
    ordered = tuple(sorted(entries, key=_order))
    opening = _opening(ordered)
    lines = tuple(_running(ordered, opening))
    return Statement(tenant, shortcode, currency, ordered, lines, opening or Decimal("0.00"))


def gaps_of(entries: Iterable[Entry], around: Iterable[Entry] = ()) -> tuple[str, ...]:
    """Return sentences, without the payer, on the entries whose balance does not follow from what came before.

    `around` are entries of other files: without them a file of few lines would have no gap, or seem to be full of them.
    """
    own = list(entries)
    ids = {entry.event.id for entry in own}
    gaps: list[str] = []
    balance: Decimal | None = None
    for entry in sorted([*own, *around], key=_order):
        after = None if balance is None else balance + entry.total
        if after is not None and entry.balance is not None and after != entry.balance and entry.event.id in ids:
            gaps.append(_gap(entry, after, entry.balance))
        # M-Pesa's own word is right; what is missing came between.
        balance = after if entry.balance is None else entry.balance
    return _some(gaps)


def _some(gaps: Sequence[str]) -> tuple[str, ...]:
    """Return the first gaps and how many more there are: where only a part is routed here, every line has one."""
    more = len(gaps) - _TOLD
    return (*gaps[:_TOLD], *((f"The balances do not fit in {more} more places.",) if more > 0 else ()))


def _order(entry: Entry) -> tuple[object, ...]:
    # M-Pesa's times are whole seconds; within one the balances tell which payment came first.
    return (entry.at, entry.balance is None, entry.balance or Decimal(0), entry.id, entry.event.id)


def _opening(entries: Sequence[Entry]) -> Decimal | None:
    moved = Decimal(0)
    for entry in entries:
        moved += entry.total
        if entry.balance is not None:
            return entry.balance - moved
    return None


def _running(entries: Sequence[Entry], opening: Decimal | None) -> Iterator[Line]:
    balance = opening
    for entry in entries:
        if entry.balance is not None:
            # M-Pesa's own word is right, whatever the lines before it make.
            balance = entry.balance - entry.total
        for movement in entry.movements:
            balance = None if balance is None else balance + movement.amount
            yield Line(entry, movement, balance)


def _gap(entry: Entry, reckoned: Decimal, told: Decimal) -> str:
    return (
        f"M-Pesa's balance after {entry.id} is {told:+f}, and {reckoned:+f} by the lines before it: something that "
        f"moved {told - reckoned:+f} {entry.currency} is not among them. Was a callback missed, or not routed here?"
    )
