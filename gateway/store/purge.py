"""Taking away what is no longer needed, in portions so small that a running gateway hardly waits.

Payments, events (but for their payer, where a time is set for that), identities, conflicts, open quarantine rows, and
whatever belongs to a payment that has a delivery which has not arrived, are never touched.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Delete,
    Engine,
    Update,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from gateway.domain.delivery import DeliveryState
from gateway.domain.settings import Retention
from gateway.domain.settled import Disposition
from gateway.domain.times import to_micros
from gateway.store.export_tables import EXPORT_FILES, EXPORT_LINES
from gateway.store.payer_rows import forget, overwriting, tells_in
from gateway.store.queries import reading
from gateway.store.tables import (
    ATTEMPTS,
    CALLBACK_COPIES,
    CALLBACKS,
    DELIVERIES,
    EVENTS,
    PAYMENTS,
    QUARANTINE,
    QUESTIONS,
    RESULT_IDS,
)

CHUNK = 500
"""So many rows in one transaction: measured, it holds the store for some milliseconds."""
_REST_AT_LEAST_S = 0.01

Before = int
"""What is older goes: microseconds since 1970."""

_IS_CONFLICT = CALLBACKS.c.disposition == Disposition.CONFLICT.value
# Pending, or a dead letter that somebody may yet replay: its destination may want the bytes.
_UNDELIVERED = DELIVERIES.c.state != DeliveryState.DELIVERED.value
_ITS, _PART = PAYMENTS.alias("its"), PAYMENTS.alias("part")
_IS_OPEN = or_(
    exists().where(
        EVENTS.c.payment_seq == CALLBACKS.c.payment_seq, DELIVERIES.c.event_seq == EVENTS.c.seq, _UNDELIVERED
    ),
    # Payments that turned out to be one go together: the one that the others were joined to, and those others.
    exists().where(
        CALLBACKS.c.payment_seq == _ITS.c.seq,
        or_(_PART.c.seq == _ITS.c.joined_to, _PART.c.joined_to.in_([_ITS.c.seq, _ITS.c.joined_to])),
        EVENTS.c.payment_seq == _PART.c.seq,
        DELIVERIES.c.event_seq == EVENTS.c.seq,
        _UNDELIVERED,
    ),
    # A result whose payment has not come has an event of its own all the same.
    exists().where(
        RESULT_IDS.c.callback_id == CALLBACKS.c.id, DELIVERIES.c.event_seq == RESULT_IDS.c.event_seq, _UNDELIVERED
    ),
)
_IS_DELIVERED = exists().where(
    DELIVERIES.c.id == ATTEMPTS.c.delivery_id, DELIVERIES.c.state == DeliveryState.DELIVERED.value
)


@dataclass(frozen=True, slots=True)
class _Table:
    """What goes of one table. `key` numbers its rows; several rows of one key go together."""

    key: Column[int]
    goes: Callable[[Before], ColumnElement[bool]]
    remove: Update | Delete | Callable[[Connection, ColumnElement[bool]], int]
    # What would go, were it not still needed.
    stays: Callable[[Before], ColumnElement[bool]] | None = None


def _old_bytes(before: Before) -> ColumnElement[bool]:
    return CALLBACKS.c.body.is_not(None) & (CALLBACKS.c.received_at < before)


def _of_callback(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(CALLBACKS.c.id == CALLBACK_COPIES.c.callback_id, condition)


_QUARANTINE_AGE = func.coalesce(QUARANTINE.c.last_seen_at, QUARANTINE.c.received_at)

# Under another name, as what asks for open deliveries looks at events too.
_PAID = EVENTS.alias("paid")
_NEEDS_PAYER = or_(
    exists().where(CALLBACKS.c.id == _PAID.c.callback_id, _IS_OPEN),
    exists().where(
        EXPORT_LINES.c.event_seq == _PAID.c.seq,
        ~exists().where(EXPORT_FILES.c.id == EXPORT_LINES.c.file_id, EXPORT_FILES.c.written_at.is_not(None)),
    ),
)


def _old_payers(before: Before) -> ColumnElement[bool]:
    return tells_in(_PAID) & (_PAID.c.received_at < before)


def _forget_paid(connection: Connection, which: ColumnElement[bool]) -> int:
    seqs = list(connection.scalars(select(_PAID.c.seq).where(which)))
    return forget(connection, EVENTS.c.seq.in_(seqs))


_TABLES: Mapping[str, Sequence[_Table]] = {
    "raw": (
        _Table(
            CALLBACKS.c.id,
            lambda before: _old_bytes(before) & ~_IS_CONFLICT & ~_IS_OPEN,
            update(CALLBACKS).values(body=None),
            lambda before: _old_bytes(before) & (_IS_CONFLICT | _IS_OPEN),
        ),
        _Table(
            CALLBACK_COPIES.c.callback_id,
            lambda before: (CALLBACK_COPIES.c.received_at < before) & _of_callback(~_IS_CONFLICT & ~_IS_OPEN),
            delete(CALLBACK_COPIES),
        ),
    ),
    "attempts": (
        _Table(
            ATTEMPTS.c.delivery_id,
            lambda before: (ATTEMPTS.c.started_at < before) & _IS_DELIVERED,
            delete(ATTEMPTS),
            lambda before: (ATTEMPTS.c.started_at < before) & ~_IS_DELIVERED,
        ),
        # What steps saved of the destination's answers.
        _Table(
            DELIVERIES.c.id,
            lambda before: (
                (DELIVERIES.c.state == DeliveryState.DELIVERED.value)
                & (DELIVERIES.c.updated_at < before)
                & DELIVERIES.c.saved.is_not(None)
            ),
            update(DELIVERIES).values(saved=None),
        ),
    ),
    "questions": (_Table(QUESTIONS.c.id, lambda before: QUESTIONS.c.received_at < before, delete(QUESTIONS)),),
    "quarantine": (
        _Table(
            QUARANTINE.c.id,
            lambda before: QUARANTINE.c.resolved & (before > _QUARANTINE_AGE),
            delete(QUARANTINE),
            lambda before: ~QUARANTINE.c.resolved & (before > _QUARANTINE_AGE),
        ),
    ),
    "payer": (
        _Table(
            _PAID.c.seq,
            lambda before: _old_payers(before) & ~_NEEDS_PAYER,
            _forget_paid,
            lambda before: _old_payers(before) & _NEEDS_PAYER,
        ),
    ),
}
"""What the configuration names -> where it lies."""


@dataclass(frozen=True, slots=True)
class Portion:
    """One kind of what is to go: how old it has to be, how many rows that are, and how many are still needed."""

    name: str
    older_than: datetime
    rows: int
    kept: int


def portions(connection: Connection, retention: Retention, now: datetime) -> list[Portion]:
    """Count what a purge would take away now."""
    return [
        Portion(name, now - age, _count(connection, name, now - age), _kept(connection, name, now - age))
        for name, age in _ages(retention)
    ]


def purge(
    engine: Engine, chosen: Sequence[Portion], rest: Callable[[float], object] = time.sleep
) -> Iterator[tuple[str, int]]:
    """Take away what was counted; give after each transaction what it was and how many rows.

    `rest` waits so many seconds between transactions, so that others come to theirs.
    """
    if any(portion.name == "payer" for portion in chosen):
        engine = overwriting(engine)
    for portion in chosen:
        for table in _TABLES[portion.name]:
            for rows in _purge_table(engine, table, to_micros(portion.older_than), rest):
                yield portion.name, rows


def _ages(retention: Retention) -> list[tuple[str, timedelta]]:
    ages = {name: getattr(retention, name) for name in _TABLES}
    return [(name, age) for name, age in ages.items() if age is not None]


def _count(connection: Connection, name: str, older_than: datetime) -> int:
    return sum(_number(connection, table, table.goes(to_micros(older_than))) for table in _TABLES[name])


def _kept(connection: Connection, name: str, older_than: datetime) -> int:
    tables = ((table, table.stays) for table in _TABLES[name])
    return sum(_number(connection, table, stays(to_micros(older_than))) for table, stays in tables if stays)


def _number(connection: Connection, table: _Table, condition: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table.key.table).where(condition)) or 0


def _purge_table(engine: Engine, table: _Table, before: Before, rest: Callable[[float], object]) -> Iterator[int]:
    after = -1
    while keys := _next_keys(engine, table, before, after):
        after = keys[-1]
        began = time.monotonic()
        with engine.begin() as connection:
            # Asked again in the transaction: a replay may have come between.
            rows = _remove(connection, table, and_(table.key.in_(keys), table.goes(before)))
        yield rows
        rest(max(_REST_AT_LEAST_S, time.monotonic() - began))


def _remove(connection: Connection, table: _Table, which: ColumnElement[bool]) -> int:
    if isinstance(table.remove, Update | Delete):
        return connection.execute(table.remove.where(which)).rowcount
    return table.remove(connection, which)


def _next_keys(engine: Engine, table: _Table, before: Before, after: int) -> list[Any]:
    """Find the next rows without the writer's lock: looking may take longer than removing."""
    query = select(table.key).distinct().where(table.key > after, table.goes(before)).order_by(table.key).limit(CHUNK)
    with reading(engine) as connection:
        return list(connection.scalars(query))
