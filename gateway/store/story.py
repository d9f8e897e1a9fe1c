"""The whole story of one payment, found by any id that anybody may hold of it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Table,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from gateway.domain.times import from_micros, nairobi_text
from gateway.store.columns import PUBLIC_BUCKET
from gateway.store.dialects import HOLDS
from gateway.store.eventrow import event_of, select_events
from gateway.store.known import members
from gateway.store.page import WHOLE, Page, Tenants
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

# The payment that another one was joined to, or itself.
_OWNER = PAYMENTS.alias("owner")


def payments_named(connection: Connection, name: str, tenants: Tenants = None) -> list[int]:
    """Return the numbers of the payments that a receipt, a provider's id, or the id of an event, a payment or a
    callback names; with each payment those that were joined to it.

    A reversal's receipt, and the ids of a status query, name the payment that they are about.
    Several tenants may know the same receipt; each has its own payment.
    """
    number, public = _number(name), _public(name)
    by_key = select(PAYMENT_KEYS.c.payment_seq).where(PAYMENT_KEYS.c.value == name)
    by_identity = select(CALLBACKS.c.payment_seq).where(CALLBACKS.c.identity == name)
    by_result = (
        select(CALLBACKS.c.payment_seq)
        .join(RESULT_IDS, RESULT_IDS.c.callback_id == CALLBACKS.c.id)
        .where(RESULT_IDS.c.value == name)
    )
    found: set[int | None] = set()
    for query in (by_key, by_identity, by_result):
        found |= set(connection.scalars(query))
    if number is not None:
        found |= set(connection.scalars(select(CALLBACKS.c.payment_seq).where(CALLBACKS.c.id == number)))
    if public is not None:
        found |= set(connection.scalars(_of_public_id(connection, EVENTS, EVENTS.c.payment_seq, public)))
        found |= set(connection.scalars(_of_public_id(connection, PAYMENTS, PAYMENTS.c.seq, public)))
    payments = {one for one in found if one is not None}
    return _of_tenants(connection, set(members(connection, payments).values()), tenants)


def _of_tenants(connection: Connection, payments: set[int], tenants: Tenants) -> list[int]:
    # The one that others were joined to stands for all of them.
    them = or_(PAYMENTS.c.seq.in_(payments), PAYMENTS.c.joined_to.in_(payments))
    query = select(PAYMENTS.c.seq).where(them).order_by(PAYMENTS.c.seq)
    return list(connection.scalars(query if tenants is None else query.where(PAYMENTS.c.tenant.in_(tenants))))


def _of_public_id(connection: Connection, table: Table, wanted: Column[int], public_id: str) -> Select[Any]:
    """Return the query for the row of a derived id."""
    return _BY_PUBLIC_ID[connection.dialect.name](table, wanted, public_id)


def _in_one_index(table: Table, wanted: Column[int], public_id: str) -> Select[Any]:
    return select(wanted).where(table.c.id == public_id)


def _in_parts(table: Table, wanted: Column[int], public_id: str) -> Select[Any]:
    """Return a query that looks into each part of the index (see PUBLIC_BUCKET)."""
    parts = select(literal(0).label("part")).cte("parts", recursive=True)
    last = select(func.max(table.c.seq) // PUBLIC_BUCKET).scalar_subquery()
    parts = parts.union_all(select(parts.c.part + 1).where(parts.c.part < last))
    here = literal_column(f"({table.name}.seq / {PUBLIC_BUCKET})", Integer)
    return select(wanted).select_from(parts).join(table, and_(here == parts.c.part, table.c.id == public_id))


# By dialect.
_BY_PUBLIC_ID: Mapping[str, Callable[[Table, Column[int], str], Select[Any]]] = {
    "sqlite": _in_parts,
    "postgresql": _in_one_index,
}


def results_named(connection: Connection, name: str, tenants: Tenants = None) -> Iterator[dict[str, Any]]:
    """Give the status and reversal results of that name whose payment has not come, each with its events.

    They are found by ids of their own and of the payment that they are about, by event id and by callback id.
    """
    for row in _loose(connection, name, tenants):
        about = select(RESULT_IDS.c.name, RESULT_IDS.c.value).where(
            RESULT_IDS.c.callback_id == row.id, RESULT_IDS.c.of_subject
        )
        yield {
            "tenant": row.tenant,
            "shortcode": row.shortcode,
            "about": {each.name: each.value for each in connection.execute(about.order_by(RESULT_IDS.c.name.desc()))},
            "callbacks": list(_callbacks(connection, CALLBACKS.c.id == row.id)),
            "events": list(_events(connection, EVENTS.c.seq.in_(_made_of(row.id)))),
        }


def loose_events(connection: Connection, name: str, tenants: Tenants = None) -> Iterator[int]:
    """Give the numbers of the events of those results."""
    for row in _loose(connection, name, tenants):
        yield from connection.scalars(_made_of(row.id))


def event_of_id(connection: Connection, name: str, tenants: Tenants = None) -> int | None:
    """Return the number of the event of that id, None where it is the id of none."""
    public = _public(name)
    if public is None:
        return None
    found = select(EVENTS.c.seq).where(EVENTS.c.seq.in_(_of_public_id(connection, EVENTS, EVENTS.c.seq, public)))
    return connection.scalar(found if tenants is None else found.where(EVENTS.c.tenant.in_(tenants)))


def _loose(connection: Connection, name: str, tenants: Tenants) -> Sequence[Any]:
    number, public = _number(name), _public(name)
    table = CALLBACKS.c
    named = [table.id.in_(select(RESULT_IDS.c.callback_id).where(RESULT_IDS.c.value == name)), table.identity == name]
    if number is not None:
        named.append(table.id == number)
    if public is not None:
        named.append(table.id.in_(_of_public_id(connection, EVENTS, EVENTS.c.callback_id, public)))
    query = select(table.id, table.tenant, table.shortcode).where(or_(*named), table.payment_seq.is_(None))
    if tenants is not None:
        query = query.where(table.tenant.in_(tenants))
    return connection.execute(query.order_by(table.id)).all()


def _made_of(callback_id: int) -> Select[Any]:
    """Return the query for the number of the event that came of a result, if one did."""
    return (
        select(RESULT_IDS.c.event_seq)
        .where(RESULT_IDS.c.callback_id == callback_id, RESULT_IDS.c.event_seq.is_not(None))
        .distinct()
    )


def stories(connection: Connection, payments: Sequence[int]) -> list[dict[str, Any]]:
    """Return the story of each of these payments; what was joined to one of them is told with it."""
    belongs_to = members(connection, payments)
    return [
        _story(connection, payment, [one for one, owner in belongs_to.items() if owner == payment])
        for payment in payments
        if belongs_to[payment] == payment
    ]


def _story(connection: Connection, payment: int, parts: Sequence[int]) -> dict[str, Any]:
    """Return a payment with its keys, callbacks, events, deliveries and attempts, oldest first."""
    row = connection.execute(select(PAYMENTS).where(PAYMENTS.c.seq == payment)).one()
    callbacks = list(_callbacks(connection, CALLBACKS.c.payment_seq.in_(parts)))
    events = list(_events(connection, EVENTS.c.payment_seq.in_(parts)))
    return {
        "payment_id": row.id,
        "tenant": row.tenant,
        "shortcode": row.shortcode,
        "keys": _keys(connection, parts, _named(callbacks, events)),
        "callbacks": callbacks,
        "events": events,
    }


def questions_named(connection: Connection, name: str, tenants: Tenants = None) -> Iterator[dict[str, Any]]:
    """Give the validations of a receipt and how each was decided."""
    table = QUESTIONS.c
    query = select(table.tenant, table.shortcode, table.kind, table.decision, table.because, table.received_at)
    query = query.where(table.identity == name).order_by(table.id)
    if tenants is not None:
        query = query.where(table.tenant.in_(tenants))
    for row in connection.execute(query).mappings():
        yield {**row, "received_at": _time(row["received_at"])}


def quarantined_naming(connection: Connection, name: str, tenants: Tenants = None) -> Iterator[dict[str, Any]]:
    """Give quarantined callbacks whose bytes hold this text: a receipt that never became a payment is found so."""
    table = QUARANTINE.c
    query = select(table.id, table.tenant, table.shortcode, table.kind, table.reason, table.detail, table.received_at)
    query = query.where(HOLDS[connection.dialect.name](table.body, name.encode())).order_by(table.id)
    if tenants is not None:
        query = query.where(table.tenant.in_(tenants))
    for row in connection.execute(query).mappings():
        yield {**row, "id": str(row["id"]), "received_at": _time(row["received_at"])}


def conflicts(connection: Connection, page: Page = WHOLE) -> Iterator[dict[str, Any]]:
    """Give the callbacks that contradict what is known, each with what it contradicts."""
    table = CALLBACKS.c
    query = (
        select(
            table.id,
            table.tenant,
            table.shortcode,
            table.kind,
            table.note,
            _OWNER.c.id.label("payment_id"),
            table.received_at,
        )
        .outerjoin(PAYMENTS, PAYMENTS.c.seq == table.payment_seq)
        .outerjoin(_OWNER, _OWNER.c.seq == func.coalesce(PAYMENTS.c.joined_to, PAYMENTS.c.seq))
        .where(table.disposition == literal("conflict", literal_execute=True))
    )
    for row in connection.execute(page.cut(query, table.tenant, table.id)).mappings():
        yield {**row, "id": str(row["id"]), "received_at": _time(row["received_at"])}


def _named(callbacks: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]) -> set[str]:
    """Return all ids that callbacks and events tell: most keys of the payment are among them."""
    told = [each["event"] for each in events]
    ids = {value for event in told for value in (event["receipt"], *event["ids"].values()) if value}
    return ids | {each["identity"] for each in callbacks}


def _keys(connection: Connection, parts: Sequence[int], told: Collection[str]) -> dict[str, list[str]]:
    table = PAYMENT_KEYS.c
    keys: dict[str, list[str]] = {}
    among = or_(table.value.in_(told), table.apart.is_(True))
    query = select(table.name, table.value).where(table.payment_seq.in_(parts), among)
    for name, value in sorted((row.name, row.value) for row in connection.execute(query)):
        keys.setdefault(name, []).append(value)
    return keys


def _callbacks(connection: Connection, which: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    table = CALLBACKS.c
    copies = (
        select(func.count()).select_from(CALLBACK_COPIES).where(CALLBACK_COPIES.c.callback_id == table.id)
    ).scalar_subquery()
    query = (
        select(
            table.id, table.kind, table.identity, table.disposition, table.note, table.seen, table.source,
            table.received_at, func.coalesce(table.last_seen_at, table.received_at).label("last_seen_at"),
            table.body_digest, func.length(table.body).label("bytes"), copies.label("copies"),
        )
        .where(which)
        .order_by(table.id)
    )  # fmt: skip
    for row in connection.execute(query).mappings():
        times = {name: _time(row[name]) for name in ("received_at", "last_seen_at")}
        yield {**row, "id": str(row["id"]), **times}


def _events(connection: Connection, which: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    complete_at = func.coalesce(EVENTS.c.sealed_at, EVENTS.c.created_at).label("sealed_at")
    query = select_events(EVENTS.c.seq, complete_at).where(which)
    for row in connection.execute(query.order_by(EVENTS.c.seq)):
        yield {
            "event": event_of(row).as_dict(),
            "sealed_at": _time(row.sealed_at),
            "deliveries": list(deliveries_of(connection, row.seq)),
        }


def _number(name: str) -> int | None:
    return int(name) if name.isascii() and name.isdigit() and len(name) < 20 else None


def _public(name: str) -> str | None:
    try:
        return str(UUID(name))
    except ValueError:
        return None


def _time(micros: int) -> str:
    return nairobi_text(from_micros(micros))
