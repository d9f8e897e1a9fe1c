"""The rows of settled arrivals: callbacks, copies, payments, keys, events, deliveries. The hot part of every commit."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, literal_column, update
from sqlalchemy.dialects import sqlite

from gateway.domain.callback import Callback
from gateway.domain.delivery import DeliveryState, WaitingFor
from gateway.domain.settled import Disposition, Issue, KnownResult, Settled, is_result
from gateway.domain.times import to_micros
from gateway.store.eventrow import event_json
from gateway.store.hot import HotStatement, Row
from gateway.store.tables import CALLBACK_COPIES, CALLBACKS, DELIVERIES, EVENTS, PAYMENT_KEYS, PAYMENTS, RESULT_IDS

CALLBACK_COLUMNS = (
    "id", "tenant", "shortcode", "kind", "body", "body_digest", "content_type", "headers", "context", "source",
    "received_at", "last_seen_at",
)  # fmt: skip

_PAYMENT = ("id", "tenant", "shortcode", "provider", "direction", "outcome", "amount", "event_id", "created_at")
_INSERT_PAYMENT = HotStatement(PAYMENTS.insert(), *_PAYMENT, "updated_at")
_CHANGE_PAYMENT = HotStatement(
    update(PAYMENTS)
    .where(PAYMENTS.c.id == bindparam("payment"))
    .values({name: bindparam(f"new_{name}") for name in ("outcome", "amount", "event_id", "updated_at")}),
    "payment", "new_outcome", "new_amount", "new_event_id", "new_updated_at",
)  # fmt: skip
# A key that is known already keeps its payment.
_INSERT_KEY = HotStatement(
    sqlite.insert(PAYMENT_KEYS).on_conflict_do_nothing(),
    "tenant", "provider", "direction", "name", "value", "payment_id",
)  # fmt: skip
_INSERT_CALLBACK = HotStatement(
    CALLBACKS.insert(), *CALLBACK_COLUMNS, "identity", "facts_digest", "payment_id", "disposition", "note"
)
_COUNT_AGAIN = HotStatement(
    update(CALLBACKS)
    .where(CALLBACKS.c.id == bindparam("callback"))
    .values(seen=CALLBACKS.c.seen + literal_column("1"), last_seen_at=bindparam("seen_at")),
    "callback", "seen_at",
)  # fmt: skip
_INSERT_COPY = HotStatement(
    sqlite.insert(CALLBACK_COPIES).on_conflict_do_nothing(), "callback_id", "body_digest", "body", "received_at"
)
_INSERT_EVENT = HotStatement(
    EVENTS.insert(),
    "id", "tenant", "shortcode", "type", "payment_id", "callback_id", "body", "created_at", "sealed_at",
)  # fmt: skip
_INSERT_RESULT_ID = HotStatement(
    RESULT_IDS.insert(), "value", "name", "tenant", "provider", "of_subject", "callback_id", "event_id"
)
_INSERT_DELIVERY = HotStatement(
    DELIVERIES.insert(), "event_id", "tenant", "destination", "state", "waiting_for", "due_at", "updated_at"
)


def write_settled(connection: Connection, settled: Sequence[Settled], now: int) -> None:
    """Write all rows of a batch. `now` is in microseconds, by the database's clock."""
    _write_payments(connection, settled, now)
    told = [one for one in settled if one.repeats is None]
    _INSERT_CALLBACK(connection, [_callback_row(one) for one in told])
    _write_repetitions(connection, [one for one in settled if one.repeats is not None])
    issued = [(one, issue) for one in told for issue in (one.issue, one.further) if issue is not None]
    fresh = [(one, issue) for one, issue in issued if not issue.replaces]
    _INSERT_EVENT(connection, [_event_row(one, issue, now) for one, issue in fresh])
    _INSERT_DELIVERY(connection, [row for _, issue in fresh for row in _delivery_rows(issue, now)])
    _INSERT_RESULT_ID(connection, [row for one in told if is_result(one.arrival) for row in _result_id_rows(one)])
    for one in told:
        if one.issue is not None and one.issue.replaces:
            _replace_event(connection, one.issue, now)
        if one.payment is not None and one.joined:
            _join(connection, one.joined, one.payment.id)
        if one.payment is not None and one.adopted:
            _adopt(connection, one.adopted, one.payment.id)


def callback_row(callback: Callback) -> Row:
    """Return the values of CALLBACK_COLUMNS."""
    at = to_micros(callback.received_at)
    return (
        callback.id,
        callback.tenant,
        callback.shortcode,
        callback.kind,
        callback.body,
        callback.body_digest,
        callback.content_type,
        json.dumps(callback.headers),
        json.dumps(callback.context),
        callback.source,
        at,
        at,
    )


def _write_payments(connection: Connection, settled: Sequence[Settled], now: int) -> None:
    new: list[Row] = []
    changed: list[Row] = []
    keys: list[Row] = []
    for one in settled:
        payment, event = one.payment, one.arrival.event
        if payment is None:
            continue
        state = (int(payment.outcome), payment.amount, payment.event.id, now)
        if one.new_payment:
            who = (payment.id, event.tenant, event.shortcode, event.provider, one.arrival.facts.direction)
            new.append((*who, *state, now))
        elif one.disposition is Disposition.ACCEPTED or one.joined or one.further:
            changed.append((payment.id, *state))
        keys += [(*key, payment.id) for key in one.keys]
    _INSERT_PAYMENT(connection, new)
    _CHANGE_PAYMENT(connection, changed)
    _INSERT_KEY(connection, keys)


def _callback_row(one: Settled) -> Row:
    arrival = one.arrival
    payment_id = one.payment.id if one.payment else None
    row = callback_row(arrival.callback)
    return (*row, arrival.facts.identity, arrival.facts_digest, payment_id, one.disposition.value, one.note)


def _write_repetitions(connection: Connection, repetitions: Sequence[Settled]) -> None:
    seen = [(one.repeats, to_micros(one.arrival.callback.received_at)) for one in repetitions]
    _COUNT_AGAIN(connection, seen)
    copies = [
        (one.repeats, one.arrival.callback.body_digest, one.arrival.callback.body, at)
        for one, (_, at) in zip(repetitions, seen, strict=True)
        if one.other_bytes
    ]
    _INSERT_COPY(connection, copies)


def _replace_event(connection: Connection, issue: Issue, now: int) -> None:
    """Put what a twin completed in place of what was there. None of its deliveries has been attempted."""
    event = issue.event
    connection.execute(
        update(EVENTS).where(EVENTS.c.id == event.id, EVENTS.c.sealed.is_(False)).values(body=event_json(event))
    )
    connection.execute(delete(DELIVERIES).where(DELIVERIES.c.event_id == event.id))
    _INSERT_DELIVERY(connection, _delivery_rows(issue, now))


def _join(connection: Connection, joined: Sequence[str], payment_id: str) -> None:
    for table in (PAYMENT_KEYS, CALLBACKS, EVENTS):
        connection.execute(update(table).where(table.c.payment_id.in_(joined)).values(payment_id=payment_id))


def _adopt(connection: Connection, results: Sequence[KnownResult], payment_id: str) -> None:
    events = [one.event.id for one in results if one.event is not None]
    for table, ids in ((CALLBACKS, [one.callback_id for one in results]), (EVENTS, events)):
        connection.execute(update(table).where(table.c.id.in_(ids)).values(payment_id=payment_id))


def _result_id_rows(one: Settled) -> set[Row]:
    """Return the ids of a result and those of the payment that it is about: people search by either."""
    facts, event = one.arrival.facts, one.arrival.event
    own = [("receipt", facts.receipt)] if facts.receipt else []
    made = None if one.issue is None or one.issue.event.id != event.id else event.id
    return {
        (value, name, event.tenant, event.provider, of_subject, one.arrival.callback.id, made)
        for of_subject, ids in ((False, (*own, *facts.keys)), (True, facts.subject))
        for name, value in ids
    }


def _event_row(one: Settled, issue: Issue, now: int) -> Row:
    event = issue.event
    callback_id = issue.callback_id or one.arrival.callback.id
    who = (event.id, event.tenant, event.shortcode, event.type, event.payment_id, callback_id)
    return (*who, event_json(event), now, to_micros(issue.due_at))


def _delivery_rows(issue: Issue, now: int) -> list[Row]:
    event, due_at = issue.event, to_micros(issue.due_at)
    waits = WaitingFor.REVIEW.value if issue.review else None
    return [
        (event.id, event.tenant, name, DeliveryState.PENDING.value, waits, due_at, now) for name in issue.destinations
    ]
