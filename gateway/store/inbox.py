"""The write of intake: callbacks, payments, events and deliveries of a batch, in the commit that is acknowledged."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, update
from sqlalchemy.dialects import sqlite

from gateway.domain.callback import Callback
from gateway.domain.delivery import DeliveryState
from gateway.domain.received import Arrival, Quarantined, Question, Received
from gateway.domain.settled import Disposition, Settled, Stored, facts_digest, identity_key, payment_keys
from gateway.domain.times import to_micros
from gateway.store.eventrow import event_json
from gateway.store.known import read_known
from gateway.store.tables import (
    CALLBACK_COPIES,
    CALLBACKS,
    DELIVERIES,
    EVENTS,
    META,
    PAYMENT_KEYS,
    PAYMENTS,
    QUARANTINE,
    QUESTIONS,
)

Settle = Callable[[Stored, Sequence[Arrival]], list[Settled]]

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Probe:
    """Something to commit that means nothing: it shows that the store takes commits."""


class Inbox:
    """Writes what intake received. Called on the writer's thread with an open transaction."""

    def __init__(self, settle: Settle) -> None:
        self._settle = settle

    def __call__(self, connection: Connection, batch: Sequence[Received | Probe]) -> list[Settled | None]:
        """Write a batch; return each arrival settled, in order, and None for everything else."""
        arrivals = [item for item in batch if isinstance(item, Arrival)]
        settled = self._write_arrivals(connection, arrivals) if arrivals else []
        _write_quarantine(connection, [item for item in batch if isinstance(item, Quarantined)])
        _write_questions(connection, [item for item in batch if isinstance(item, Question)])
        if any(isinstance(item, Probe) for item in batch):
            connection.execute(sqlite.insert(META).prefix_with("OR REPLACE").values(key="probe", value=""))
        by_callback = {one.arrival.callback.id: one for one in settled}
        return [by_callback[item.callback.id] if isinstance(item, Arrival) else None for item in batch]

    def _write_arrivals(self, connection: Connection, arrivals: Sequence[Arrival]) -> list[Settled]:
        keys = [key for arrival in arrivals for key in payment_keys(arrival)]
        stored = read_known(connection, map(identity_key, arrivals), keys)
        settled = self._settle(stored, arrivals)
        _write_payments(connection, settled)
        _write_callbacks(connection, settled)
        _write_duplicates(connection, settled)
        _write_events(connection, settled)
        return settled


def _write_payments(connection: Connection, settled: Sequence[Settled]) -> None:
    rows = [_payment_row(one) for one in settled if one.payment and one.new_payment]
    _insert(connection, PAYMENTS, rows)
    changed = [one for one in settled if one.event is not None and not one.new_payment]
    if changed:
        by_id = update(PAYMENTS).where(PAYMENTS.c.id == bindparam("payment"))
        connection.execute(by_id, [_payment_change(one) for one in changed])
    keys = [_key_row(one, key) for one in settled for key in one.keys]
    if keys:
        # A key that is known already keeps its payment.
        connection.execute(sqlite.insert(PAYMENT_KEYS).on_conflict_do_nothing(), keys)


def _payment_row(one: Settled) -> dict[str, Any]:
    assert one.payment is not None  # noqa: S101 - for the type checker; the caller looked
    event = one.arrival.event
    now = to_micros(event.received_at)
    return {
        "id": one.payment.id,
        "tenant": event.tenant,
        "shortcode": event.shortcode,
        "provider": event.provider,
        "direction": one.arrival.facts.direction,
        "outcome": int(one.payment.outcome),
        "amount": one.payment.amount,
        "event_id": one.payment.event_id,
        "created_at": now,
        "updated_at": now,
    }


def _payment_change(one: Settled) -> dict[str, Any]:
    assert one.payment is not None  # noqa: S101 - an event always has its payment
    return {
        "payment": one.payment.id,
        "outcome": int(one.payment.outcome),
        "amount": one.payment.amount,
        "event_id": one.payment.event_id,
        "updated_at": to_micros(one.arrival.callback.received_at),
    }


def _key_row(one: Settled, key: tuple[str, str, str, str, str]) -> dict[str, Any]:
    assert one.payment is not None  # noqa: S101 - keys always have their payment
    tenant, provider, direction, name, value = key
    names = {"tenant": tenant, "provider": provider, "direction": direction, "name": name, "value": value}
    return names | {"payment_id": one.payment.id}


def _write_callbacks(connection: Connection, settled: Sequence[Settled]) -> None:
    rows = [
        _callback_columns(one.arrival.callback)
        | {
            "identity": one.arrival.facts.identity,
            "facts_digest": facts_digest(one.arrival),
            "payment_id": one.payment.id,
            "disposition": one.disposition.value,
            "note": one.note,
        }
        for one in settled
        if one.payment is not None
    ]
    _insert(connection, CALLBACKS, rows)


def _write_duplicates(connection: Connection, settled: Sequence[Settled]) -> None:
    duplicates = [one for one in settled if one.disposition is Disposition.DUPLICATE]
    if not duplicates:
        return
    again = (
        update(CALLBACKS)
        .where(CALLBACKS.c.id == bindparam("callback"))
        .values(seen=CALLBACKS.c.seen + 1, last_seen_at=bindparam("at"))
    )
    connection.execute(again, [{"callback": one.repeats, "at": _received_at(one)} for one in duplicates])
    copies = [
        {
            "callback_id": one.repeats,
            "body_digest": one.arrival.callback.body_digest,
            "body": one.arrival.callback.body,
            "received_at": _received_at(one),
        }
        for one in duplicates
        if one.other_bytes
    ]
    if copies:
        connection.execute(sqlite.insert(CALLBACK_COPIES).on_conflict_do_nothing(), copies)


def _write_events(connection: Connection, settled: Sequence[Settled]) -> None:
    events: Rows = []
    deliveries: Rows = []
    for one in settled:
        if one.event is None:
            continue
        at = _received_at(one)
        event = one.event
        events.append(
            {
                "id": event.id,
                "tenant": event.tenant,
                "shortcode": event.shortcode,
                "type": event.type,
                "payment_id": event.payment_id,
                "callback_id": one.arrival.callback.id,
                "body": event_json(event),
                "created_at": at,
            }
        )
        deliveries += [_delivery_row(event.id, event.tenant, name, at) for name in one.destinations]
    _insert(connection, EVENTS, events)
    _insert(connection, DELIVERIES, deliveries)


def _delivery_row(event_id: str, tenant: str, destination: str, at: int) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "tenant": tenant,
        "destination": destination,
        "state": DeliveryState.PENDING.value,
        "due_at": at,
        "updated_at": at,
    }


def _write_quarantine(connection: Connection, quarantined: Sequence[Quarantined]) -> None:
    if not quarantined:
        return
    insert = sqlite.insert(QUARANTINE)
    # The same bytes once more, though a person has dealt with them: they want to be looked at again.
    counted = insert.on_conflict_do_update(
        index_elements=["tenant", "shortcode", "kind", "body_digest"],
        set_={"seen": QUARANTINE.c.seen + 1, "last_seen_at": insert.excluded.last_seen_at, "resolved": False},
    )
    rows = [
        _callback_columns(item.callback) | {"reason": item.reason.value, "path": item.path, "detail": item.detail}
        for item in quarantined
    ]
    connection.execute(counted, rows)


def _write_questions(connection: Connection, questions: Sequence[Question]) -> None:
    rows = [
        {
            "id": item.callback.id,
            "tenant": item.callback.tenant,
            "shortcode": item.callback.shortcode,
            "kind": item.callback.kind,
            "identity": item.facts.identity,
            "decision": item.decision,
            "body": item.callback.body,
            "source": item.callback.source,
            "received_at": to_micros(item.callback.received_at),
        }
        for item in questions
    ]
    _insert(connection, QUESTIONS, rows)


def _callback_columns(callback: Callback) -> dict[str, Any]:
    at = to_micros(callback.received_at)
    return {
        "id": callback.id,
        "tenant": callback.tenant,
        "shortcode": callback.shortcode,
        "kind": callback.kind,
        "body": callback.body,
        "body_digest": callback.body_digest,
        "content_type": callback.content_type,
        "headers": json.dumps(dict(callback.headers)),
        "context": json.dumps(dict(callback.context)),
        "source": callback.source,
        "received_at": at,
        "last_seen_at": at,
    }


def _received_at(one: Settled) -> int:
    return to_micros(one.arrival.callback.received_at)


def _insert(connection: Connection, table: Any, rows: Rows) -> None:
    if rows:
        connection.execute(table.insert(), rows)
