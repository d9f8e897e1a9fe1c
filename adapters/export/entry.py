"""What a payment is in the books: postings that balance, and movements of the shortcode's own account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gateway.domain.event import Event


class UnbalancedError(ValueError):
    """The postings of an entry do not balance: our own fault, so that nothing of it is written."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry. A debit is above zero, a credit below."""

    account: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Movement:
    """A line of the account's statement: what came (above zero) or went. `id` is the receipt wherever there is one."""

    id: str
    amount: Decimal
    words: str
    # True: M-Pesa's charge for the movement before it.
    is_charge: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One payment as the books have it. Texts are on one line and free of characters that steer."""

    event: Event
    # The receipt, or the event's id where there is none: what tells the payment again.
    id: str
    # Nairobi time; the day of it is the day of the books.
    at: datetime
    currency: str
    clearing: str
    receipt: str | None
    reference: str | None
    # Who paid, or who was paid.
    name: str | None
    phone: str | None
    # What M-Pesa says the account has after it.
    balance: Decimal | None
    postings: tuple[Posting, ...]
    movements: tuple[Movement, ...]

    @property
    def total(self) -> Decimal:
        """What it does to the account in all."""
        return sum((movement.amount for movement in self.movements), Decimal(0))


def proved(entry: Entry) -> Entry:
    """Return the entry. Raises UnbalancedError where debit and credit, or postings and movements, differ by a cent."""
    if _sum(entry.postings) != 0:
        raise UnbalancedError(f"event {entry.event.id}: debit and credit differ by {_sum(entry.postings)}")
    cleared = _sum([posting for posting in entry.postings if posting.account == entry.clearing])
    if cleared != entry.total:
        raise UnbalancedError(f"event {entry.event.id}: {cleared} is posted to the account, {entry.total} has moved")
    return entry


def _sum(postings: Sequence[Posting]) -> Decimal:
    return sum((posting.amount for posting in postings), Decimal(0))
