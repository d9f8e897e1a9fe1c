"""Events for the books, and what makes files of them: a month by a seed, with the names that payers have."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from adapters.export import ExportAdapter
from adapters.testing import sample_event
from gateway.domain.event import Event, Party
from gateway.domain.outcome import Outcome
from gateway.domain.settings import Destination
from gateway.domain.times import NAIROBI

STATEMENTS = ("csv", "xlsx", "ofx", "camt.053.001.02", "camt.053.001.08", "mt940")
JOURNALS = ("beancount", "hledger", "ledger", "odoo-journal", "tally")
FORMATS = (*STATEMENTS, *JOURNALS)
TEXTS = (
    "WANJIKU", "O'BRIEN \"Paddy\"", "a,b;c|d\te", "line\r\nbreak\n", "\u202egnirts\u202c", "=HYPERLINK(\"http://x\")",
    "-5", "+254", "@cmd", "\x00\x07bell\x1b[31m", "\U0001f469\u200d\U0001f33e mama", "محمد علي", "名前",
    "<b>&amp;]]></b>", "back\\slash", "{{ 7 * 7 }} #comment ; remark", ":86:-}", "*", "!", "x" * 200, "e\u0301" * 60,
    "\ufffe\uffff", "  ", "(a) [b] {c}",
)  # fmt: skip
MARCH = datetime(2026, 3, 1, tzinfo=NAIROBI)


def exporting(name: str, folder: Path = Path("/nowhere"), **settings: Any) -> ExportAdapter:
    """Return an adapter of that format."""
    return ExportAdapter(Destination("books", "duka", "export", {"format": name, "folder": str(folder), **settings}))


def rendered(name: str, events: Sequence[Event], **settings: Any) -> bytes:
    """Return the bytes of a file of these events."""
    return exporting(name, **settings).render("600638", events).body


def payment(number: int, amount: str = "1500.00", at: datetime = MARCH, **more: Any) -> Event:
    """Return a payment with a receipt of its own."""
    facts = {"id": f"{number:08d}-0000-5000-8000-000000000000", "receipt": f"UC{number:08d}", "payment_id": str(number)}
    return sample_event(amount=Decimal(amount), occurred_at=at, **{**facts, "balances": None, **more})


@cache
def payments(number: int, seed: int = 1) -> list[Event]:
    """Return so many random payments of a month."""
    random = Random(seed)
    return [
        payment(
            index,
            f"{random.randrange(1, 25_000_000) / 100:.2f}",
            MARCH + timedelta(seconds=random.randrange(31 * 86400)),
            account_reference=random.choice((None, "INV-7", *TEXTS)),
            payer=Party(msisdn=f"2547{random.randrange(10**8):08d}", name=random.choice((None, *TEXTS))),
        )
        for index in range(number)
    ]


def month(number: int = 600, seed: int = 2) -> list[Event]:
    """Return a month of everything: payments, payouts, transfers, taxes, reversals, charges, and what moves nothing."""
    random = Random(seed)
    return [_turned(random, event) for event in payments(number, seed)]


def _turned(random: Random, event: Event) -> Event:
    facts = dict(random.choice(_TURNS))
    out = facts.get("type", "").split(".")[0] in ("payout", "transfer", "tax", "reversal")
    fees = Decimal(random.randrange(1, 20000)) / 100 if out and random.random() < 0.7 else None
    moved = {"payer": Party(), "payee": event.payer, "fees": fees} if out else {}
    return sample_event(**{name: getattr(event, name) for name in _KEPT} | moved | facts)


_KEPT = ("id", "receipt", "payment_id", "amount", "occurred_at", "account_reference", "payer", "balances")
_TURNS: Sequence[dict[str, Any]] = (
    {},
    {},
    {"type": "payout.succeeded", "kind": "b2c-result"},
    {"type": "transfer.succeeded", "kind": "b2b-result"},
    {"type": "tax.succeeded", "kind": "tax-result"},
    {"type": "reversal.succeeded", "kind": "reversal-result", "original_receipt": "UC00000001"},
    {"type": "payment.failed", "outcome": Outcome.FAILED, "receipt": None, "amount": None},
    {"type": "payment.unknown", "outcome": Outcome.UNKNOWN},
    {"type": "payment.updated"},
    {"type": "payout.failed", "outcome": Outcome.FAILED},
    {"type": "balance.succeeded", "amount": None},
    {"type": "payment.succeeded", "receipt": None},
)

SIGNS = {
    "payment.succeeded": 1,
    "payout.succeeded": -1,
    "transfer.succeeded": -1,
    "tax.succeeded": -1,
    "reversal.succeeded": -1,
}


def moved(events: Sequence[Event]) -> Iterator[Decimal]:
    """Give what each movement of the account is, by the events alone: the sum that every file has to have."""
    for event in events:
        if event.type in SIGNS:
            yield SIGNS[event.type] * (event.amount or Decimal(0))
            if event.fees:
                yield -event.fees
