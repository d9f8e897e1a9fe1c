"""Events to rows and back.

The stored body is the event's JSON form without what goes without saying: what is null, what stands in a column of the
row, and the usual value of a few members. It is a third as long, and is written and read in a third of the time.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring as _text
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


def select_events(*more: Any) -> Select[Any]:
    """Return the query for events, with these columns beside them, whose rows `event_of` takes."""
    return select(*EVENT_COLUMNS, *more).outerjoin(PAYMENTS, PAYMENTS.c.seq == EVENTS.c.payment_seq)


def event_body(event: Event, callback_id: int) -> str:
    """Return an event as it is stored in the row of this callback's event.

    It is put together here because json's encoder, which has to look at everything, would cost five times as much.
    """
    told = [f'"kind":{_text(event.kind)}']
    if not event.type.endswith(event.outcome.text):
        told.append(f'"outcome":"{event.outcome.text}"')
    for name, usual in _PLAIN.items():
        value = getattr(event, name)
        if value != usual:
            told.append(f'"{name}":{"null" if value is None else _text(value)}')
    for name, amount in (("amount", event.amount), ("fees", event.fees), ("expected_amount", event.expected_amount)):
        if amount is not None:
            told.append(f'"{name}":"{money_text(amount)}"')
    told += [f'"{name}":{{{members}}}' for name, members in _parts(event) if members]
    if event.payee is not None:
        told.append(f'"payee":{{{_party(event.payee)}}}')
    if event.balances is not None:
        told.append(f'"balances":{_object({name: money_text(one) for name, one in event.balances.items()})}')
    if event.occurred_at is not None:
        told.append(f'"occurred_at":"{nairobi_text(event.occurred_at)}"')
    if event.context:
        told.append(f'"context":{_object(event.context)}')
    if event.payment_id is None:
        # It stays so, though its payment may come later: an event never changes.
        told.append('"payment_id":null')
    if event.sources != (str(callback_id),):
        told.append(f'"sources":[{",".join([_text(one) for one in event.sources])}]')
    return f"{{{','.join(told)}}}"


def _parts(event: Event) -> tuple[tuple[str, str], ...]:
    """Return the members of several values, of which those that are null are left out."""
    result, ids = event.result, event.ids
    result_told = _members((("code", result.code), ("description", result.description)))
    ids_told = _members(
        (
            ("merchant_request_id", ids.merchant_request_id),
            ("checkout_request_id", ids.checkout_request_id),
            ("conversation_id", ids.conversation_id),
            ("originator_conversation_id", ids.originator_conversation_id),
        )
    )
    return ("payer", _party(event.payer)), ("result", result_told), ("ids", ids_told)


def _party(party: Party) -> str:
    return _members(
        (
            ("msisdn", party.msisdn),
            ("msisdn_masked", party.msisdn_masked),
            ("msisdn_hash", party.msisdn_hash),
            ("name", party.name),
        )
    )


def _members(pairs: tuple[tuple[str, str | None], ...]) -> str:
    # The names are ours and need no escaping.
    return ",".join([f'"{name}":{_text(value)}' for name, value in pairs if value is not None])


def _object(members: Mapping[str, str | None]) -> str:
    written = [f"{_text(name)}:{_text(value)}" for name, value in members.items() if value is not None]
    return f"{{{','.join(written)}}}"


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
        payment_id=told.get("payment_id", row.event_payment_id),
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


EVENT_COLUMNS = (
    PAYMENTS.c.id.label("event_payment_id"),
    *(
        EVENTS.c[name].label(f"event_{name}")
        for name in ("id", "type", "tenant", "shortcode", "body", "callback_id", "received_at")
    ),
)
"""What `event_of` takes of a row, the payment that the event was made for among it."""
