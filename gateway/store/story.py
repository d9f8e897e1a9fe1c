"""The whole story of one payment, found by any id that anybody may hold of it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from gateway.domain.times import from_micros, nairobi_text
from gateway.store.eventrow import event_of
from gateway.store.queries import deliveries_of
from gateway.store.tables import (
    CALLBACK_COPIES,
    CALLBACKS,
    EVENTS,
    PAYMENT_KEYS,
    PAYMENTS,
    QUARANTINE,
    QUESTIONS,
    RESULT_IDS,
)


def payments_named(connection: Connection, name: str, tenant: str | None = None) -> list[str]:
    """Return the ids of the payments that a receipt, a provider's id, an event id, a payment id or a callback id names.

    A reversal's receipt, and the ids of a status query, name the payment that they are about.
    Several tenants may know the same receipt; each has its own payment.
    """
    by_key = select(PAYMENT_KEYS.c.payment_id).where(PAYMENT_KEYS.c.value == name)
    by_event = select(EVENTS.c.payment_id).where(EVENTS.c.id == name)
    by_callback = select(CALLBACKS.c.payment_id).where(
        or_(CALLBACKS.c.identity == name, CALLBACKS.c.id == _number(name))
    )
    by_result = (
        select(CALLBACKS.c.payment_id)
        .join(RESULT_IDS, RESULT_IDS.c.callback_id == CALLBACKS.c.id)
        .where(RESULT_IDS.c.value == name)
    )
    query = select(PAYMENTS.c.id).where(
        or_(PAYMENTS.c.id == name, *(PAYMENTS.c.id.in_(found) for found in (by_key, by_event, by_callback, by_result)))
    )
    if tenant is not None:
        query = query.where(PAYMENTS.c.tenant == tenant)
    return list(connection.scalars(query.order_by(PAYMENTS.c.created_at)))


def results_named(connection: Connection, name: str, tenant: str | None = None) -> Iterator[dict[str, Any]]:
    """Give the status and reversal results of that name whose payment has not come, each with its events.

    They are found by ids of their own and of the payment that they are about, by event id and by callback id.
    """
    by_id = select(RESULT_IDS.c.callback_id).where(RESULT_IDS.c.value == name)
    by_event = select(EVENTS.c.callback_id).where(EVENTS.c.id == name)
    table = CALLBACKS.c
    named = or_(table.id.in_(by_id), table.id.in_(by_event), table.identity == name, table.id == _number(name))
    query = select(table.id, table.tenant, table.shortcode).where(named, table.payment_id.is_(None)).order_by(table.id)
    if tenant is not None:
        query = query.where(table.tenant == tenant)
    for row in connection.execute(query).all():
        about = select(RESULT_IDS.c.name, RESULT_IDS.c.value).where(
            RESULT_IDS.c.callback_id == row.id, RESULT_IDS.c.of_subject
        )
        made = select(RESULT_IDS.c.event_id).where(RESULT_IDS.c.callback_id == row.id)
        yield {
            "tenant": row.tenant,
            "shortcode": row.shortcode,
            "about": {each.name: each.value for each in connection.execute(about.order_by(RESULT_IDS.c.name.desc()))},
            "callbacks": list(_callbacks(connection, CALLBACKS.c.id == row.id)),
            "events": list(_events(connection, EVENTS.c.id.in_(made))),
        }


def loose_events(connection: Connection, name: str, tenant: str | None = None) -> Iterator[str]:
    """Give the ids of the events of those results."""
    for result in results_named(connection, name, tenant):
        yield from (made["event"]["id"] for made in result["events"])


def story(connection: Connection, payment_id: str) -> dict[str, Any]:
    """Return a payment with its keys, callbacks, events, deliveries and attempts, oldest first."""
    payment = connection.execute(select(PAYMENTS).where(PAYMENTS.c.id == payment_id)).mappings().one()
    return {
        "payment_id": payment_id,
        "tenant": payment["tenant"],
        "shortcode": payment["shortcode"],
        "keys": _keys(connection, payment_id),
        "callbacks": list(_callbacks(connection, CALLBACKS.c.payment_id == payment_id)),
        "events": list(_events(connection, EVENTS.c.payment_id == payment_id)),
    }


def questions_named(connection: Connection, name: str, tenant: str | None = None) -> Iterator[dict[str, Any]]:
    """Give the validations of a receipt and how each was decided."""
    table = QUESTIONS.c
    query = select(table.tenant, table.shortcode, table.kind, table.decision, table.because, table.received_at)
    query = query.where(table.identity == name).order_by(table.id)
    if tenant is not None:
        query = query.where(table.tenant == tenant)
    for row in connection.execute(query).mappings():
        yield {**row, "received_at": _time(row["received_at"])}


def quarantined_naming(connection: Connection, name: str, tenant: str | None = None) -> Iterator[dict[str, Any]]:
    """Give quarantined callbacks whose bytes hold this text: a receipt that never became a payment is found so."""
    table = QUARANTINE.c
    query = select(table.id, table.tenant, table.shortcode, table.kind, table.reason, table.detail, table.received_at)
    query = query.where(func.instr(table.body, name.encode()) > 0).order_by(table.id)
    if tenant is not None:
        query = query.where(table.tenant == tenant)
    for row in connection.execute(query).mappings():
        yield {**row, "id": str(row["id"]), "received_at": _time(row["received_at"])}


def conflicts(connection: Connection, tenant: str | None = None) -> Iterator[dict[str, Any]]:
    """Give the callbacks that contradict what is known, the oldest first, each with what it contradicts."""
    table = CALLBACKS.c
    query = (
        select(table.id, table.tenant, table.shortcode, table.kind, table.note, table.payment_id, table.received_at)
        .where(table.disposition == "conflict")
        .order_by(table.id)
    )
    if tenant is not None:
        query = query.where(table.tenant == tenant)
    for row in connection.execute(query).mappings():
        yield {**row, "id": str(row["id"]), "received_at": _time(row["received_at"])}


def _keys(connection: Connection, payment_id: str) -> dict[str, list[str]]:
    table = PAYMENT_KEYS.c
    keys: dict[str, list[str]] = {}
    query = select(table.name, table.value).where(table.payment_id == payment_id).order_by(table.name, table.value)
    for name, value in connection.execute(query):
        keys.setdefault(name, []).append(value)
    return keys


def _callbacks(connection: Connection, which: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    table = CALLBACKS.c
    copies = (
        select(func.count()).select_from(CALLBACK_COPIES).where(CALLBACK_COPIES.c.callback_id == table.id)
    ).scalar_subquery()
    query = (
        select(
            table.id, table.kind, table.disposition, table.note, table.seen, table.source, table.received_at,
            table.last_seen_at, table.body_digest, func.length(table.body).label("bytes"), copies.label("copies"),
        )
        .where(which)
        .order_by(table.id)
    )  # fmt: skip
    for row in connection.execute(query).mappings():
        times = {name: _time(row[name]) for name in ("received_at", "last_seen_at")}
        yield {**row, "id": str(row["id"]), **times}


def _events(connection: Connection, which: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    table = EVENTS.c
    query = select(table.body, table.sealed_at, table.sealed).where(which).order_by(table.seq)
    for row in connection.execute(query):
        event = event_of(row.body)
        yield {
            "event": event.as_dict(),
            "sealed_at": _time(row.sealed_at),
            "deliveries": list(deliveries_of(connection, event.id)),
        }


def _number(name: str) -> int | None:
    return int(name) if name.isascii() and name.isdigit() and len(name) < 20 else None


def _time(micros: int) -> str:
    return nairobi_text(from_micros(micros))
