"""Events to entries: what is debited, what is credited, to the cent, and what gives no line."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from exported import exporting, month, payment
from hypothesis import given
from hypothesis import strategies as st

from adapters.export.book import booked
from adapters.export.entry import Entry, Movement, Posting, UnbalancedError, proved
from adapters.export.options import Options
from adapters.export.statement import gaps_of, statement_of
from adapters.testing import MemoryProgress, sample_event
from gateway.domain.delivery import AttemptResult
from gateway.domain.event import Event, Party
from gateway.domain.export import UnbookableError

FULL = {"format": "csv", "folder": "/nowhere"}


def options(**settings: Any) -> Options:
    return Options.of({**FULL, **settings})


def postings(event: Event, **settings: Any) -> dict[str, str]:
    entry = booked(event, options(**settings))
    assert entry is not None
    return {posting.account: f"{posting.amount:+.2f}" for posting in entry.postings}


def test_a_payment_with_a_reference_goes_to_receivable() -> None:
    assert postings(payment(1)) == {"Assets:MPesa:600638": "+1500.00", "Assets:Receivable": "-1500.00"}


@pytest.mark.parametrize("reference", [None, "\u202e", "   "])
def test_a_payment_without_one_goes_to_suspense(reference: str | None) -> None:
    found = postings(payment(1, account_reference=reference))
    assert found == {"Assets:MPesa:600638": "+1500.00", "Liabilities:MPesa-Suspense": "-1500.00"}


RULES = [
    {"when": {"reference": ["RENT-*", "R/*"]}, "account": "rent"},
    {"when": {"type": "transfer.succeeded", "payee": "* - KCB*"}, "account": "bank"},
    {"when": {"reference": "*"}, "account": "receivable"},
]
RENT = {"rent": "Income:Rent:{{ tenant }}"}


def test_the_first_rule_that_matches_decides() -> None:
    assert "Income:Rent:duka" in postings(payment(1, account_reference="RENT-7"), rules=RULES, accounts=RENT)
    assert "Income:Rent:duka" in postings(payment(1, account_reference="R/7"), rules=RULES, accounts=RENT)
    assert "Assets:Receivable" in postings(payment(1, account_reference="INV-7"), rules=RULES, accounts=RENT)
    assert "Liabilities:MPesa-Suspense" in postings(payment(1, account_reference=None), rules=RULES, accounts=RENT)


def test_a_settlement_goes_to_the_bank() -> None:
    event = payment(1, type="transfer.succeeded", payee=Party(name="522522 - KCB"), account_reference=None)
    assert postings(event, rules=RULES, accounts=RENT) == {"Assets:MPesa:600638": "-1500.00", "Assets:Bank": "+1500.00"}


@pytest.mark.parametrize(
    ("kind", "account"),
    [
        ("payout.succeeded", "Liabilities:Payouts"),
        ("transfer.succeeded", "Liabilities:Payable"),
        ("tax.succeeded", "Liabilities:Taxes"),
        ("reversal.succeeded", "Liabilities:MPesa-Reversals"),
    ],
)
def test_money_that_goes_out_credits_the_clearing_account(kind: str, account: str) -> None:
    assert postings(payment(1, type=kind)) == {"Assets:MPesa:600638": "-1500.00", account: "+1500.00"}


def test_a_charge_is_booked_apart_with_the_tax_in_it() -> None:
    entry = booked(payment(1, "1000", type="payout.succeeded", fees=Decimal("22.40")), options(vat=16))
    assert entry is not None
    assert [(posting.account, posting.amount) for posting in entry.postings] == [
        ("Assets:MPesa:600638", Decimal("-1000.00")),
        ("Liabilities:Payouts", Decimal("1000.00")),
        ("Assets:MPesa:600638", Decimal("-22.40")),
        ("Expenses:MPesa-Charges", Decimal("19.31")),
        ("Assets:VAT-Input", Decimal("3.09")),
    ]
    assert [(movement.id, movement.amount) for movement in entry.movements] == [
        ("UC00000001", Decimal("-1000.00")),
        ("UC00000001-C", Decimal("-22.40")),
    ]


@given(st.integers(0, 10**11), st.integers(0, 10**7), st.integers(0, 99))
def test_every_entry_balances_to_the_cent(amount: int, fee: int, rate: int) -> None:
    event = payment(1, f"{Decimal(amount) / 100:.2f}", type="payout.succeeded", fees=Decimal(fee) / 100)
    entry = booked(event, options(vat=rate))
    assert entry is not None
    assert sum(posting.amount for posting in entry.postings) == 0
    assert entry.total == -(Decimal(amount) + Decimal(fee)) / 100


@pytest.mark.parametrize(
    "kind",
    ["payment.failed", "payment.unknown", "payment.updated", "payout.failed", "status.succeeded", "balance.succeeded",
     "mandate.succeeded", "request.unknown", "something.else"],
)  # fmt: skip
def test_what_moves_no_money_gives_no_line(kind: str) -> None:
    verdict = exporting("csv").deliver(payment(1, type=kind), MemoryProgress())
    assert (verdict.result, verdict.reason, verdict.line) == (AttemptResult.DELIVERED, "no_line", None)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"currency": "UGX"}, "It is in 'UGX', and this destination's books are in KES."),
        ({"amount": None}, "It tells of money that moved, and not of how much."),
        ({"amount": Decimal("-5.00")}, "Its amount is below zero or has parts of a cent."),
        ({"amount": Decimal("0.005")}, "Its amount is below zero or has parts of a cent."),
    ],
)
def test_what_cannot_be_booked_is_refused_and_says_why(facts: dict[str, Any], said: str) -> None:
    event = sample_event(**facts)
    with pytest.raises(UnbookableError, match=said):
        booked(event, options())
    verdict = exporting("csv").deliver(event, MemoryProgress())
    assert (verdict.result, verdict.reason, verdict.detail) == (AttemptResult.REJECTED, "unbookable", said)


def test_an_entry_that_does_not_balance_is_never_written() -> None:
    entry = booked(payment(1), options())
    assert entry is not None
    parts = {name: getattr(entry, name) for name in Entry.__slots__}
    with pytest.raises(UnbalancedError, match=r"debit and credit differ by 0\.01"):
        proved(Entry(**{**parts, "postings": (*entry.postings, Posting("Assets:Bank", Decimal("0.01")))}))
    with pytest.raises(UnbalancedError, match=r"1500\.00 is posted to the account, 1500\.01 has moved"):
        proved(Entry(**{**parts, "movements": (*entry.movements, Movement("x", Decimal("0.01"), ""))}))


def test_the_day_is_nairobis() -> None:
    """Half past midnight in Nairobi is the day before in UTC, and the wrong month's books."""
    verdict = exporting("csv").deliver(payment(1, at=datetime(2026, 3, 31, 21, 30, tzinfo=UTC)), MemoryProgress())
    assert verdict.line is not None
    assert verdict.line.day == "20260401"


@pytest.mark.parametrize(
    ("setting", "party", "shown"),
    [
        ("masked", Party(msisdn="254708374149"), "254708***149"),
        ("whole", Party(msisdn="254708374149"), "254708374149"),
        ("none", Party(msisdn="254708374149"), None),
        ("masked", Party(msisdn_masked="2547 ***** 126"), "2547 ***** 126"),
        ("none", Party(msisdn_masked="2547 ***** 126"), None),
        ("whole", Party(msisdn_hash="a" * 64), None),
        ("masked", Party(msisdn="0700"), "***700"),
    ],
)
def test_phones_are_masked_unless_told(setting: str, party: Party, shown: str | None) -> None:
    entry = booked(payment(1, payer=party), options(phone=setting))
    assert entry is not None
    assert entry.phone == shown


def test_the_running_balance_is_mpesas_own_and_a_gap_is_told() -> None:
    at = payment(1).occurred_at
    assert at is not None
    told = [
        ("100.00", 0, "600.00"),
        ("50.00", 1, None),
        ("25.00", 2, "675.00"),
        ("10.00", 3, "700.00"),
        ("5", 4, "705"),
    ]
    events = [
        payment(number, amount, at + timedelta(seconds=later), balances=_balance(balance))
        for number, (amount, later, balance) in enumerate(told)
    ]
    made = statement_of("duka", "600638", "KES", [booked(event, options()) for event in events])  # type: ignore[misc]

    assert [f"{line.balance}" for line in made.lines] == ["600.00", "650.00", "675.00", "700.00", "705.00"]
    assert (made.opening, made.closing) == (Decimal("500.00"), Decimal("690.00"))
    (gap,) = gaps_of(made.entries)
    assert gap.startswith("M-Pesa's balance after UC00000003 is +700.00, and +685.00 by the lines before it")


def _balance(written: str | None) -> dict[str, Decimal] | None:
    return None if written is None else {"OrgAccountBalance": Decimal(written)}


def test_many_gaps_are_told_in_a_few_sentences() -> None:
    """As where a route gives a destination a part of the payments only."""
    at = payment(1).occurred_at
    assert at is not None
    events = [
        payment(number, "1.00", at + timedelta(seconds=number), balances=_balance(f"{number * 10}.00"))
        for number in range(1, 100)
    ]
    made = statement_of("duka", "600638", "KES", [booked(event, options()) for event in events])  # type: ignore[misc]

    assert len(gaps_of(made.entries)) == 4
    assert gaps_of(made.entries)[-1] == "The balances do not fit in 95 more places."


def test_payments_of_one_second_stand_in_the_order_of_their_balances() -> None:
    events = [
        payment(1, "10.00", balances=_balance("130.00")),
        payment(2, "20.00", balances=_balance("120.00")),
    ]
    made = statement_of("duka", "600638", "KES", [booked(event, options()) for event in events])  # type: ignore[misc]

    assert [line.entry.receipt for line in made.lines] == ["UC00000002", "UC00000001"]
    assert gaps_of(made.entries) == ()


def test_a_months_postings_sum_to_nought() -> None:
    entries = [entry for event in month() if (entry := booked(event, options(vat=16))) is not None]
    assert len(entries) > 300
    assert sum(posting.amount for entry in entries for posting in entry.postings) == 0
