"""Events to rows and back.

The stored body is the event's JSON form without what goes without saying: what is null, what stands in a column of the
row, and the usual value of a few members. It is a third as long, and is written and read in a third of the time.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select

from gateway.domain.event import Event, Ids, Party, Raw, ResultCode, money_text
from gateway.domain.outcome import Outcome
from gateway.domain.times import NAIROBI, from_micros, nairobi_text, parse_time
from gateway.store.tables import EVENTS, PAYMENTS

# Members that are written as they are, each with the value that is left out.
_PLAIN: Mapping[str, str | None] = {
    "provider": "mpesa",
    "origin": "callback",
    "currency": "KES",
    "supersedes": None,
    "receipt": None,
    "account_reference": None,
    "original_receipt": None,
}
_AMOUNTS = ("amount", "fees", "expected_amount")
_NOBODY, _NO_RESULT, _NO_IDS = Party(), ResultCode(), Ids()
# Its dictionaries are made for it, so that none can contain itself.
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def select_events(*more: Any) -> Select[Any]:
    """Return the query for events, with these columns beside them, whose rows `event_of` takes."""
    return select(*_COLUMNS, *more).join(PAYMENTS, PAYMENTS.c.seq == EVENTS.c.payment_seq)


def event_body(event: Event, callback_id: int) -> str:
    """Return an event as it is stored in the row of this callback's event."""
    told: dict[str, Any] = {"kind": event.kind}
    if not event.type.endswith(event.outcome.text):
        told["outcome"] = event.outcome.text
    for name, usual in _PLAIN.items():
        value = getattr(event, name)
        if value != usual:
            told[name] = value
    for name in _AMOUNTS:
        amount = getattr(event, name)
        if amount is not None:
            told[name] = money_text(amount)
    if event.payer != _NOBODY:
        told["payer"] = _set(event.payer)
    if event.payee is not None:
        told["payee"] = _set(event.payee)
    if event.balances is not None:
        told["balances"] = {name: money_text(amount) for name, amount in event.balances.items()}
    if event.occurred_at is not None:
        told["occurred_at"] = nairobi_text(event.occurred_at)
    if event.result != _NO_RESULT:
        told["result"] = _set(event.result)
    if event.ids != _NO_IDS:
        told["ids"] = _set(event.ids)
    if event.context:
        told["context"] = dict(event.context)
    if event.sources != (str(callback_id),):
        told["sources"] = event.sources
    return _encode(told)


def event_of(row: Any, raw: Raw | None = None) -> Event:
    """Return the event of a row of `select_events`, with the bytes of its first source where they are given."""
    told: dict[str, Any] = json.loads(row.event_body)
    plain: dict[str, Any] = {name: told.get(name, usual) for name, usual in _PLAIN.items()}
    amounts: dict[str, Any] = {name: Decimal(told[name]) for name in _AMOUNTS if name in told}
    balances, payee, occurred_at = told.get("balances"), told.get("payee"), told.get("occurred_at")
    return Event(
        id=row.event_id,
        type=row.event_type,
        tenant=row.event_tenant,
        shortcode=row.event_shortcode,
        kind=told["kind"],
        payment_id=row.event_payment_id,
        outcome=Outcome[(told.get("outcome") or row.event_type.rpartition(".")[2]).upper()],
        **plain,
        **amounts,
        balances=None if balances is None else {name: Decimal(amount) for name, amount in balances.items()},
        payer=Party(**told.get("payer", {})),
        payee=None if payee is None else Party(**payee),
        result=ResultCode(**told.get("result", {})),
        ids=Ids(**told.get("ids", {})),
        occurred_at=None if occurred_at is None else parse_time(occurred_at),
        received_at=from_micros(row.event_received_at).astimezone(NAIROBI),
        context=told.get("context", {}),
        sources=tuple(told.get("sources") or (str(row.event_callback_id),)),
        raw=raw,
    )


_COLUMNS = (
    PAYMENTS.c.id.label("event_payment_id"),
    *(
        EVENTS.c[name].label(f"event_{name}")
        for name in ("id", "type", "tenant", "shortcode", "body", "callback_id", "received_at")
    ),
)


def _set(part: Party | ResultCode | Ids) -> dict[str, str]:
    return {name: value for name, value in part.as_dict().items() if value is not None}
