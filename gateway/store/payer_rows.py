"""Where the store tells of a payer, and taking it away there: what is booked, and every id, stays."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    bindparam,
    delete,
    event,
    null,
    or_,
    select,
    update,
)

from gateway.domain.delivery import DeliveryState
from gateway.domain.person import Person, person_told
from gateway.store.tables import ATTEMPTS, CALLBACK_COPIES, CALLBACKS, DELIVERIES, EVENTS

PARTIES = ("payer", "payee")

# What a payer may have typed, or a sender have put into a URL or a sentence.
_FREE = ("account_reference",)
_FREE_INSIDE = (("result", "description"),)


def tells_in(events: FromClause) -> ColumnElement[bool]:
    """Return what is true of an event that tells of anybody; `events` is the table, or another name of it."""
    return or_(*(events.c.body.like(f'%"{party}":%') for party in PARTIES))


def parties(body: str) -> list[Mapping[str, Any]]:
    """Return whom a stored event tells of."""
    if not any(f'"{party}":' in body for party in PARTIES):
        return []
    told = json.loads(body)
    return [told[party] for party in PARTIES if told.get(party)]


def without_payer(body: str) -> str:
    """Return a stored event without its people; what they typed goes where it is their phone or name."""
    told = json.loads(body)
    people = [told.pop(party) for party in PARTIES if told.get(party)]
    _blank(told, _FREE, people)
    for outer, inner in _FREE_INSIDE:
        _blank(told.get(outer) or {}, (inner,), people)
    _blank(told.get("context") or {}, tuple(told.get("context") or {}), people)
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def tells(text: str, people: Collection[Mapping[str, Any]]) -> bool:
    """Tell whether a text holds the phone, in any form, or the whole name of one of these people."""
    person = Person()
    for each in people:
        person |= person_told(each)
    names = [each["name"].casefold() for each in people if each.get("name")]
    return person.is_told_in(text) or any(name in text.casefold() for name in names)


def _blank(told: dict[str, Any], names: Sequence[str], people: Sequence[Mapping[str, Any]]) -> None:
    for name in names:
        if told.get(name) and tells(told[name], people):
            del told[name]


def forget(connection: Connection, which: ColumnElement[bool]) -> int:
    """Take the payer from these events, and from all that came and went with them; return how many events.

    Their payments' callbacks lose their bytes; deliveries and attempts what destinations said and steps saved.
    """
    table = EVENTS.c
    # Locked, as a twin must not change them meanwhile; on SQLite the transaction has the whole store.
    query = select(table.seq, table.payment_seq, table.callback_id, table.body).where(which).with_for_update()
    rows = connection.execute(query).all()
    if not rows:
        return 0
    everybody = [one for row in rows for one in parties(row.body)]
    changes = [{"the_seq": row.seq, "body": without_payer(row.body)} for row in rows]
    connection.execute(update(EVENTS).where(table.seq == bindparam("the_seq")).values(body=bindparam("body")), changes)
    _forget_callbacks(connection, rows, everybody)
    _forget_deliveries(connection, [row.seq for row in rows], everybody)
    return len(rows)


def _forget_callbacks(connection: Connection, rows: Sequence[Any], people: Sequence[Mapping[str, Any]]) -> None:
    table = CALLBACKS.c
    payments = {row.payment_seq for row in rows} - {None}
    query = select(table.id, table.note, table.context).where(
        or_(table.payment_seq.in_(payments), table.id.in_({row.callback_id for row in rows}))
    )
    callbacks = connection.execute(query).all()
    ids = [row.id for row in callbacks]
    for some in _portions(ids):
        connection.execute(update(CALLBACKS).where(table.id.in_(some)).values(body=None))
        connection.execute(delete(CALLBACK_COPIES).where(CALLBACK_COPIES.c.callback_id.in_(some)))
    for row in callbacks:
        gone = {name: None for name in ("note", "context") if getattr(row, name) and tells(getattr(row, name), people)}
        if gone:
            connection.execute(update(CALLBACKS).where(table.id == row.id).values(gone))


def _forget_deliveries(connection: Connection, events: Sequence[int], people: Sequence[Mapping[str, Any]]) -> None:
    table = DELIVERIES.c
    mine = table.event_seq.in_(events)
    tries = ATTEMPTS.c.delivery_id.in_(select(table.id).where(mine))
    connection.execute(update(ATTEMPTS).where(tries).values(detail="", answer=None, steps=None))
    connection.execute(update(DELIVERIES).where(mine).values(detail=None))
    arrived = table.state == DeliveryState.DELIVERED.value
    connection.execute(update(DELIVERIES).where(mine, arrived).values(saved=null()))
    # A dead letter that is replayed goes on with the ids that its steps saved: else a step would be done twice.
    for row in connection.execute(select(table.id, table.saved).where(mine, table.saved.is_not(None))).all():
        left = {name: value for name, value in json.loads(row.saved).items() if not tells(json.dumps(value), people)}
        saved = json.dumps(left, ensure_ascii=False)
        connection.execute(update(DELIVERIES).where(table.id == row.id).values(saved=saved))


def _portions(ids: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def overwriting(engine: Engine) -> Engine:
    """Have SQLite write noughts over what is taken away; return the engine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA secure_delete = ON"))
    return engine


def put_away_log(engine: Engine) -> None:
    """Have SQLite's log, where older pages stand, written into the file and emptied, where nobody needs it now."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA busy_timeout = 1000")
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
