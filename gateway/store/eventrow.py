"""Events to rows and back: the stored body is the event's JSON form with its balances."""

import json
from decimal import Decimal
from typing import Any

from gateway.domain.event import Event, Ids, Party, Raw, ResultCode
from gateway.domain.outcome import Outcome
from gateway.domain.times import parse_time

_STORED = frozenset({"balances"})
# Its dictionaries are made for it, so that none can contain itself.
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def event_json(event: Event) -> str:
    """Return an event as it is stored."""
    return _encode(event.as_dict(_STORED))


def event_of(body: str, raw: Raw | None = None) -> Event:
    """Return a stored event, with the bytes of its first source where they are given."""
    told: dict[str, Any] = json.loads(body)
    return Event(
        **{name: told[name] for name in _AS_THEY_ARE},
        outcome=Outcome[told["outcome"].upper()],
        amount=_money(told["amount"]),
        fees=_money(told["fees"]),
        expected_amount=_money(told["expected_amount"]),
        balances=None if told["balances"] is None else {k: Decimal(v) for k, v in told["balances"].items()},
        payer=Party(**told["payer"]),
        payee=None if told["payee"] is None else Party(**told["payee"]),
        result=ResultCode(**told["result"]),
        ids=Ids(**told["ids"]),
        occurred_at=None if told["occurred_at"] is None else parse_time(told["occurred_at"]),
        received_at=parse_time(told["received_at"]),
        sources=tuple(told["sources"]),
        raw=raw,
    )


_AS_THEY_ARE = (
    "id", "type", "tenant", "shortcode", "provider", "kind", "origin", "payment_id", "supersedes", "currency",
    "receipt", "account_reference", "original_receipt", "context",
)  # fmt: skip


def _money(amount: str | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)
