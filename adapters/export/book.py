"""Events to entries: what each kind of event does to the books. Pure; what is no movement of money gives no entry."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from adapters.export.entry import Entry, Movement, Posting, proved
from adapters.export.options import Options
from adapters.export.words import masked, one_line
from gateway.domain.event import Event, Party
from gateway.domain.export import UnbookableError
from gateway.domain.times import NAIROBI

CENT = Decimal("0.01")

CHARGE = "-C"
"""What follows the receipt in the id of its charge: with it the longest id still fits the 35 characters of CAMT."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a kind of event does: which way the money goes, against which account, and what it is called."""

    sign: int
    role: Callable[[Event], str]
    words: str


def _by_reference(event: Event) -> str:
    return "receivable" if one_line(event.account_reference) else "suspense"


EFFECTS: Mapping[str, Effect] = {
    "payment.succeeded": Effect(+1, _by_reference, "Payment"),
    "payout.succeeded": Effect(-1, lambda _event: "payouts", "Payout"),
    "transfer.succeeded": Effect(-1, lambda _event: "transfers", "Transfer"),
    "tax.succeeded": Effect(-1, lambda _event: "taxes", "Tax"),
    # Money of an earlier payment goes back; which account that was booked against, the result does not say.
    "reversal.succeeded": Effect(-1, lambda _event: "reversals", "Reversal"),
}
"""Type of event -> its effect. All others move no money, or none that is certain: failed, unknown, updated, status."""


def moment(event: Event) -> datetime:
    """Return when it happened, Nairobi time: as M-Pesa says, else when we heard of it."""
    return (event.occurred_at or event.received_at).astimezone(NAIROBI)


def day_of(event: Event) -> str:
    """Return the day of the books, as 20260302."""
    return f"{moment(event):%Y%m%d}"


def name_of(event: Event) -> str:
    """Return what tells the payment again: its receipt, else the event's id in its short form."""
    return one_line(event.receipt) or event.id.replace("-", "")


def booked(event: Event, options: Options) -> Entry | None:
    """Return the entry of an event, None where no money has moved. Raises UnbookableError, and UnbalancedError."""
    effect = EFFECTS.get(event.type)
    if effect is None:
        return None
    amount, currency = _amount(event), event.currency or options.currency
    if currency != options.currency:
        raise UnbookableError(f"It is in {currency[:8]!r}, and this destination's books are in {options.currency}.")
    movements = tuple(_movements(event, effect, amount))
    clearing = options.accounts.name("clearing", event)
    entry = Entry(
        event=event,
        at=moment(event),
        currency=currency,
        clearing=clearing,
        id=name_of(event),
        receipt=one_line(event.receipt),
        reference=one_line(event.account_reference),
        name=one_line(_party(event, effect).name),
        phone=_phone(_party(event, effect), options),
        balance=(event.balances or {}).get("OrgAccountBalance") if effect.sign > 0 else None,
        postings=tuple(_postings(event, effect, movements, clearing, options)),
        movements=movements,
    )
    return proved(entry)


def _amount(event: Event) -> Decimal:
    if event.amount is None:
        raise UnbookableError("It tells of money that moved, and not of how much.")
    if event.amount < 0 or event.amount != event.amount.quantize(CENT):
        raise UnbookableError("Its amount is below zero or has parts of a cent.")
    return event.amount.quantize(CENT)


def _movements(event: Event, effect: Effect, amount: Decimal) -> Iterator[Movement]:
    name = name_of(event)
    yield Movement(name, effect.sign * amount, effect.words)
    if event.fees:
        yield Movement(f"{name}{CHARGE}", -event.fees.quantize(CENT), f"{effect.words} charge", is_charge=True)


def _postings(
    event: Event, effect: Effect, movements: tuple[Movement, ...], clearing: str, options: Options
) -> Iterator[Posting]:
    against = options.accounts.against(event, effect.role(event))
    if against == clearing:
        raise UnbookableError("It would be booked against the clearing account itself.")
    for movement in movements:
        yield Posting(clearing, movement.amount)
        if not movement.is_charge:
            yield Posting(against, -movement.amount)
            continue
        tax = _tax_in(-movement.amount, options.vat_rate)
        yield Posting(options.accounts.name("charges", event), -movement.amount - tax)
        if tax:
            yield Posting(options.accounts.name("vat", event), tax)


def _tax_in(charge: Decimal, rate: Decimal) -> Decimal:
    """Return the tax that a charge includes, to the cent; the rest of the charge is what is left."""
    return (charge * rate / (100 + rate)).quantize(CENT, ROUND_HALF_UP)


def _party(event: Event, effect: Effect) -> Party:
    return event.payer if effect.sign > 0 else event.payee or Party()


def _phone(party: Party, options: Options) -> str | None:
    whole = one_line(party.msisdn)
    told = {"none": None, "masked": masked(whole), "whole": whole}[options.phone]
    # What came masked stays so; a hash is no phone number.
    return told or (one_line(party.msisdn_masked) if options.phone != "none" else None)
