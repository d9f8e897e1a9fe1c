"""Every recorded body, and what it is. A body without a row here fails."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from arrivals import KEY, callback, hooks, received, shortcode
from result_events import RESULT_EVENTS

from gateway.domain.event import Event, Party
from gateway.domain.received import Arrival, Question
from gateway.domain.times import NAIROBI
from gateway.pipeline.receive import receive
from gateway.providers import KINDS

PAYLOADS = Path(__file__).parents[1] / "payloads"
HASH = "9be18dbeb0d16f4f4a7e3f4dfb2a3c7a5b9d3c1e6f8a7b2c4d5e6f7a8b9c0d"

EVENTS: dict[str, dict[str, Any]] = {
    "stk/success": {
        "type": "payment.succeeded",
        "amount": Decimal(1),
        "receipt": "SD25ABC9W7",
        "payer": Party("254700000000"),
        "occurred_at": datetime(2024, 4, 2, 17, 0, 17, tzinfo=NAIROBI),
        "account_reference": None,
    },
    "stk/success_other_order": {
        "type": "payment.succeeded",
        "amount": Decimal("233.80"),
        "receipt": "UKO7R8T1YC",
        "payer": Party("254700000000"),
        "occurred_at": datetime(2026, 11, 24, 10, 15, 33, tzinfo=NAIROBI),
    },
    "stk/cancelled": {"type": "payment.failed", "amount": None, "currency": None, "receipt": None, "payer": Party()},
    "stk/no_answer": {"type": "payment.failed", "amount": None, "receipt": None},
    "stk/operator_does_not_exist": {"type": "payment.failed", "amount": None},
    "stk/under_processing": {"type": "payment.unknown", "amount": None},
    "c2b-confirmation/paybill": {
        "type": "payment.succeeded",
        "amount": Decimal(1500),
        "receipt": "UKO7R8T1YB",
        "account_reference": "INV-1042",
        "payer": Party(msisdn_masked="2547 ***** 126", name="JOHN"),
        "balances": {"OrgAccountBalance": Decimal(49197)},
        "currency": "KES",
    },
    "c2b-confirmation/till": {"type": "payment.succeeded", "shortcode": "5012345", "account_reference": None},
    "c2b-confirmation/hashed_msisdn": {
        "type": "payment.succeeded",
        "account_reference": "account #7",
        "payer": Party(msisdn_hash=HASH, name="JOHN DOE"),
        "balances": None,
    },
    "c2b-confirmation/sandbox": {
        "type": "payment.succeeded",
        "payer": Party("254708374149", name="John Doe"),
        "account_reference": "invoice008",
    },
    "c2b-confirmation/settlement": {"type": "payment.unknown", "amount": Decimal(25000), "payer": Party()},
    "c2b-confirmation/numbers": {
        "type": "payment.succeeded",
        "amount": Decimal("233.8"),
        "account_reference": "42",
        "occurred_at": datetime(2026, 11, 24, 10, 15, 38, tzinfo=NAIROBI),
    },
}
EVENTS |= RESULT_EVENTS
TILL = {"c2b-confirmation/till"}


def corpus(*kinds: str) -> list[str]:
    return sorted(
        str(path.relative_to(PAYLOADS).with_suffix("")) for kind in kinds for path in PAYLOADS.glob(f"{kind}/*")
    )


def event_of(name: str) -> Event:
    kind = name.partition("/")[0]
    body = (PAYLOADS / f"{name}.json").read_bytes()
    if name in TILL:
        till = hooks(shortcode(number="5012345", type="till")).find(KEY, kind)
        assert till is not None
        made = receive(till, callback(kind, body, shortcode="5012345"))
    else:
        made = received(kind, body)
    assert isinstance(made, Arrival), made
    return made.event


def test_every_recorded_body_is_told_of() -> None:
    told = (PAYLOADS / "PROVENANCE.md").read_text("utf-8")
    assert [name for name in corpus("*") if f"`{name}.json`" not in told] == []
    assert corpus(*(kind for kind in KINDS if not KINDS[kind].question)) == sorted(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_a_recorded_body_becomes_its_event(name: str) -> None:
    event = event_of(name)
    assert {field: getattr(event, field) for field in EVENTS[name]} == EVENTS[name]


@pytest.mark.parametrize("name", EVENTS)
def test_normalising_is_pure(name: str) -> None:
    first, second = event_of(name), event_of(name)
    assert {field: value for field, value in first.as_dict().items() if field != "sources"} == {
        field: value for field, value in second.as_dict().items() if field != "sources"
    }


@pytest.mark.parametrize("name", corpus("c2b-validation"))
def test_a_recorded_question_is_a_question(name: str) -> None:
    assert isinstance(received("c2b-validation", (PAYLOADS / f"{name}.json").read_bytes()), Question)
