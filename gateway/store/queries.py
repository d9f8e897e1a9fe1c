"""Questions that people ask of the store. They only read, and stream: a list may be long."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, literal, not_, select

from gateway.domain.delivery import DeliveryState, WaitingFor
from gateway.domain.event import Event, Raw
from gateway.domain.times import from_micros, nairobi_text, to_micros
from gateway.store.eventrow import event_of, select_events
from gateway.store.page import WHOLE, Page, Tenants
from gateway.store.tables import ATTEMPTS, CALLBACKS, DELIVERIES, EVENTS, QUARANTINE, QUESTIONS

_LATE_COMMITS = timedelta(seconds=15)
"""No commit of intake takes longer."""


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees one moment of the store and never hinders its writers."""
    with engine.connect().execution_options(reads_only=True) as connection:
        yield connection


def events(connection: Connection, page: Page = WHOLE, with_raw: bool = False) -> Iterator[Event]:
    """Give events in the order they were made; with `with_raw` the bytes of their first source too."""
    for _, event in numbered_events(connection, page, with_raw):
        yield event


def numbered_events(connection: Connection, page: Page = WHOLE, with_raw: bool = False) -> Iterator[tuple[int, Event]]:
    """Give events as `events` does, each with the store's number of it."""
    raw = (CALLBACKS.c.body.label("raw"), CALLBACKS.c.content_type) if with_raw else ()
    query = select_events(EVENTS.c.seq, *raw)
    if with_raw:
        query = query.join(CALLBACKS, CALLBACKS.c.id == EVENTS.c.callback_id)
    for row in connection.execute(page.cut(query, EVENTS.c.tenant, EVENTS.c.seq)):
        yield row.seq, event_of(row, Raw(row.raw, row.content_type) if with_raw and row.raw is not None else None)


def settled_events(
    connection: Connection, page: Page, now: datetime, with_raw: bool = False
) -> Iterator[tuple[int, Event]]:
    """Give events as `numbered_events` does, up to the first that may still change, or that one before it may join.

    A reader that goes on after the last of them misses none: the number is a cursor.
    """
    raw = (CALLBACKS.c.body.label("raw"), CALLBACKS.c.content_type) if with_raw else ()
    query = select_events(EVENTS.c.seq, EVENTS.c.sealed, EVENTS.c.sealed_at, EVENTS.c.created_at, *raw)
    if with_raw:
        query = query.join(CALLBACKS, CALLBACKS.c.id == EVENTS.c.callback_id)
    # SQLite's commits come one after the other, each with higher numbers; elsewhere a lower number may be yet to come.
    pause = timedelta(0) if connection.dialect.name == "sqlite" else _LATE_COMMITS
    for row in connection.execute(page.cut(query, EVENTS.c.tenant, EVENTS.c.seq)):
        may_change = not row.sealed and (row.sealed_at or 0) > to_micros(now)
        if may_change or (pause and row.created_at > to_micros(now - pause)):
            return
        yield row.seq, event_of(row, Raw(row.raw, row.content_type) if with_raw and row.raw is not None else None)


def quarantined(connection: Connection, page: Page = WHOLE) -> Iterator[dict[str, Any]]:
    """Give the open quarantine rows, without their bytes."""
    table = QUARANTINE.c
    query = select(
        table.id, table.tenant, table.shortcode, table.kind, table.reason, table.path, table.detail,
        table.source, table.content_type, table.body_digest, table.seen, table.received_at,
        func.coalesce(table.last_seen_at, table.received_at).label("last_seen_at"),
    ).where(not_(table.resolved))  # fmt: skip
    for row in connection.execute(page.cut(query, table.tenant, table.id)).mappings():
        times = {name: nairobi_text(from_micros(row[name])) for name in ("received_at", "last_seen_at")}
        yield {**row, "id": str(row["id"]), **times}


def quarantined_body(connection: Connection, row_id: int, tenants: Tenants = None) -> bytes | None:
    """Return the bytes of a quarantine row as they came, None where these tenants have no such row."""
    query = select(QUARANTINE.c.body).where(QUARANTINE.c.id == row_id)
    if tenants is not None:
        query = query.where(QUARANTINE.c.tenant.in_(tenants))
    body: bytes | None = connection.scalar(query)
    return body


def callback_body(connection: Connection, callback_id: int, tenants: Tenants = None) -> bytes | None:
    """Return the bytes of a callback as they came, None where these tenants have no such callback, or it was purged."""
    query = select(CALLBACKS.c.body).where(CALLBACKS.c.id == callback_id)
    if tenants is not None:
        query = query.where(CALLBACKS.c.tenant.in_(tenants))
    body: bytes | None = connection.scalar(query)
    return body


def questions(
    connection: Connection, tenant: str | None = None, receipt: str | None = None
) -> Iterator[dict[str, Any]]:
    """Give the C2B validations in the order they came, each with its decision and why; without the payer."""
    table = QUESTIONS.c
    query = select(
        table.id, table.tenant, table.shortcode, table.kind, table.identity.label("receipt"), table.account_reference,
        table.amount, table.decision, table.because, table.source, table.received_at,
    ).order_by(table.id)  # fmt: skip
    if tenant is not None:
        query = query.where(table.tenant == tenant)
    if receipt is not None:
        query = query.where(table.identity == receipt)
    for row in connection.execute(query).mappings():
        yield {**row, "id": str(row["id"]), "received_at": nairobi_text(from_micros(row["received_at"]))}


def deliveries(
    connection: Connection,
    now: datetime,
    is_served: Callable[[str, str], bool],
    page: Page = WHOLE,
    state: str | None = None,
    destination: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Give deliveries in the order in which they were made.

    `is_served` tells whether a tenant's destination is configured and not parked: else what is pending is parked.
    """
    table = DELIVERIES.c
    query = select(DELIVERIES, EVENTS.c.id.label("event_id"), EVENTS.c.sealed_at)
    query = query.join(EVENTS, EVENTS.c.seq == table.event_seq)
    if state is not None:
        # A literal, so that the indices are used that hold only these.
        query = query.where(table.state == literal(DeliveryState(state).value, literal_execute=True))
    if destination is not None:
        query = query.where(table.destination == destination)
    for row in connection.execute(page.cut(query, table.tenant, table.id)).mappings():
        yield {
            "id": str(row["id"]),
            "event_id": row["event_id"],
            "tenant": row["tenant"],
            "destination": row["destination"],
            "state": row["state"],
            "waiting_for": _waiting_for(row, to_micros(now), is_served(row["tenant"], row["destination"])),
            "attempts": row["attempts"],
            "due_at": nairobi_text(from_micros(row["due_at"])),
            "reason": row["reason"],
            "detail": row["detail"],
        }


def deliveries_of(connection: Connection, event_seq: int) -> Iterator[dict[str, Any]]:
    """Give the deliveries of one event, each with its attempts in order."""
    query = select(DELIVERIES).where(DELIVERIES.c.event_seq == event_seq).order_by(DELIVERIES.c.id)
    for row in connection.execute(query).mappings():
        tries = select(ATTEMPTS).where(ATTEMPTS.c.delivery_id == row["id"]).order_by(ATTEMPTS.c.number)
        attempts = [_attempt(attempt) for attempt in connection.execute(tries).mappings()]
        yield {
            "destination": row["destination"],
            "state": row["state"],
            "waiting_for": row["waiting_for"],
            "due_at": nairobi_text(from_micros(row["due_at"])),
            "saved": _saved(row["saved"]),
            "attempts": attempts,
        }


def _attempt(row: Any) -> dict[str, Any]:
    steps = json.loads(row["steps"]) if row["steps"] else []
    return {**row, "started_at": nairobi_text(from_micros(row["started_at"])), "steps": steps}


def _saved(text: str | None) -> dict[str, Any]:
    """Return what steps saved; what an adapter keeps for itself has a name that begins with an underscore."""
    saved = json.loads(text) if text else {}
    return {name: value for name, value in saved.items() if not name.startswith("_")}


def _waiting_for(row: Any, now: int, is_served: bool) -> str | None:
    if row["state"] != DeliveryState.PENDING.value:
        return None
    if not is_served:
        return WaitingFor.PARKED.value
    if row["waiting_for"] is None and row["due_at"] > now:
        waits_for_twin = row["attempts"] == 0 and (row["sealed_at"] or 0) > now
        return WaitingFor.TWIN.value if waits_for_twin else WaitingFor.TIME.value
    waits: str | None = row["waiting_for"]
    return waits
