"""A plausible event for tests."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.domain.event import Event, Ids, Party, Raw, ResultCode
from gateway.domain.outcome import Outcome
from gateway.domain.times import NAIROBI


def sample_event(**overrides: Any) -> Event:
    """Return a plausible paid invoice with its raw bytes; `overrides` are fields of Event."""
    facts: dict[str, Any] = {
        "id": "5b0c6d0e-9f3a-5d55-8a54-0f6f3f2f9a01",
        "type": "payment.succeeded",
        "tenant": "duka",
        "shortcode": "600638",
        "provider": "mpesa",
        "kind": "c2b-confirmation",
        "outcome": Outcome.SUCCEEDED,
        "payment_id": "41",
        "received_at": datetime(2026, 3, 2, 9, 30, 7, tzinfo=NAIROBI),
        "occurred_at": datetime(2026, 3, 2, 9, 30, 5, tzinfo=NAIROBI),
        "amount": Decimal("1500.00"),
        "currency": "KES",
        "receipt": "UC2A1B2C3D",
        "account_reference": "INV-7",
        "payer": Party(msisdn="254712345678", name="WANJIKU"),
        "balances": {"organisation": Decimal("98100.00")},
        "result": ResultCode("0", None),
        "ids": Ids(),
        "sources": ("17",),
        "raw": Raw(b'{"TransID": "UC2A1B2C3D",  "TransAmount": "1500.00"}\n', "application/json"),
    }
    return Event(**{**facts, **overrides})
