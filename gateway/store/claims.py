"""What delivery takes up: what is due, of all destinations in one query, and what an adapter needs of it.

Constants are literals, so that the indices that hold pending rows only are used.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    column,
    exists,
    join,
    literal_column,
    or_,
    select,
    true,
    values,
)

from gateway.domain.due import Candidate, DueDelivery
from gateway.domain.event import Event, Raw
from gateway.domain.times import to_micros
from gateway.store.eventrow import event_of, select_events
from gateway.store.hot import HotLookup
from gateway.store.tables import CALLBACKS, DELIVERIES, EVENTS

# Where no window was set the event was complete from the start, and sealing would cost a commit for nothing.
_UNSEALED = and_(EVENTS.c.sealed.is_(False), EVENTS.c.sealed_at.is_not(None))

_PENDING: ColumnElement[str] = literal_column("'pending'")

# Fills the query up to a power of two, so that a handful of texts serves every configuration.
_NOBODY = ("", "", False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A destination whose deliveries are asked for."""

    tenant: str
    destination: str
    # True: a delivery waits for those before it that have the same order key.
    ordered: bool = False


def due(connection: Connection, asked: Sequence[Asked], now: datetime, limit: int) -> list[Candidate]:
    """Return up to `limit` deliveries of each destination that are due, the longest due first."""
    if not asked:
        return []
    size = 1 << (len(asked) - 1).bit_length()
    text, order = _text(connection.dialect, size, any(one.ordered for one in asked))
    rows = [(one.tenant, one.destination, one.ordered) for one in asked] + [_NOBODY] * (size - len(asked))
    given: dict[str, Any] = {"now": to_micros(now), "limit": limit}
    for number, (tenant, destination, ordered) in enumerate(rows):
        given |= {f"tenant{number}": tenant, f"destination{number}": destination, f"ordered{number}": ordered}
    parameters = given if order is None else tuple(given[name] for name in order)
    return [Candidate(*row) for row in connection.exec_driver_sql(text, parameters)]


@lru_cache(maxsize=64)
def _text(dialect: Dialect, size: int, ordered: bool) -> tuple[str, tuple[str, ...] | None]:
    """Return the query for so many destinations as the driver's own text, and the order of its parameters.

    Core would compile it anew each time, at a tenth of a millisecond for each destination.
    """
    compiled = _query(size, ordered, dialect.name).compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup) if compiled.positiontup is not None else None


def _query(size: int, ordered: bool, dialect: str) -> Select[Any]:
    columns = (column("tenant", String), column("destination", String), column("ordered", Boolean))
    rows = [tuple(bindparam(f"{each.name}{number}", type_=each.type) for each in columns) for number in range(size)]
    lane = values(*columns, name="asked").data(rows).cte()
    table, theirs = DELIVERIES.c, DELIVERIES.alias("theirs")
    mine = (
        select(theirs.c.id)
        .where(
            theirs.c.tenant == lane.c.tenant,
            theirs.c.destination == lane.c.destination,
            theirs.c.state == _PENDING,
            theirs.c.due_at <= bindparam("now", type_=BigInteger),
            theirs.c.waiting_for.is_(None),
            *([or_(~lane.c.ordered, _is_next(theirs.c))] if ordered else ()),
        )
        .order_by(theirs.c.due_at, theirs.c.id)
        .limit(bindparam("limit", type_=Integer))
        .offset(literal_column("0"))
        .correlate(lane)
    )
    return (
        select(table.id, table.tenant, table.destination, EVENTS.c.payment_seq)
        .select_from(_TAKEN[dialect](lane, mine))
        .join(EVENTS, EVENTS.c.seq == table.event_seq)
        .order_by(table.due_at, table.id)
    )


def _by_number(lane: CTE, mine: Select[Any]) -> FromClause:
    return join(lane, DELIVERIES, DELIVERIES.c.id.in_(mine))


def _by_lateral(lane: CTE, mine: Select[Any]) -> FromClause:
    # It would look at every delivery there is to see whether its number is among them.
    each = mine.lateral("mine")
    return join(lane, each, true()).join(DELIVERIES, DELIVERIES.c.id == each.c.id)


Taken = Callable[[CTE, Select[Any]], FromClause]
"""Gives deliveries for each destination of a list, where a query tells which of one destination."""

_TAKEN: dict[str, Taken] = {"sqlite": _by_number, "postgresql": _by_lateral}


def load(connection: Connection, ids: Collection[int]) -> list[DueDelivery]:
    """Return deliveries with all that an adapter needs, the longest due first; without those that are gone by now."""
    return [_due(row) for row in _LOADED.named(connection, list(ids))]


_LOADED = HotLookup(
    select_events(
        *(DELIVERIES.c[name] for name in ("id", "destination", "attempts", "open_step", "saved")),
        _UNSEALED.label("unsealed"),
        CALLBACKS.c.body.label("raw"),
        CALLBACKS.c.content_type,
    )
    .join(DELIVERIES, DELIVERIES.c.event_seq == EVENTS.c.seq)
    .join(CALLBACKS, CALLBACKS.c.id == EVENTS.c.callback_id)
    .order_by(DELIVERIES.c.due_at, DELIVERIES.c.id),
    DELIVERIES.c.id,
)


def pending_events(
    connection: Connection, names: Iterable[tuple[str, str]], after: int, limit: int, *, without_key: bool
) -> list[tuple[int, str, str | None, Event]]:
    """Return pending deliveries of destinations that have an order: id, destination's name, order key, event.

    In the order of their ids, from behind `after` on; with `without_key` only those whose key nobody has written yet.
    """
    table = DELIVERIES.c
    whose = or_(*(and_(table.tenant == tenant, table.destination == name) for tenant, name in names))
    query = (
        select_events(table.id, table.destination, table.order_key)
        .join(DELIVERIES, table.event_seq == EVENTS.c.seq)
        .where(whose, table.state == _PENDING, table.id > after)
        .order_by(table.id)
        .limit(limit)
    )
    if without_key:
        query = query.where(table.order_key.is_(None))
    return [(row.id, row.destination, row.order_key, event_of(row)) for row in connection.execute(query)]


def _is_next(mine: Any) -> ColumnElement[bool]:
    """Tell whether nothing that waits, and has the same order key, came before. What waits for a person does not."""
    before = DELIVERIES.alias("before")
    others = exists().where(
        before.c.tenant == mine.tenant,
        before.c.destination == mine.destination,
        before.c.order_key == mine.order_key,
        before.c.state == _PENDING,
        before.c.waiting_for.is_(None),
        before.c.id < mine.id,
    )
    return or_(mine.order_key == literal_column("''"), and_(mine.order_key.is_not(None), ~others))


def _due(row: Any) -> DueDelivery:
    return DueDelivery(
        id=row.id,
        destination=row.destination,
        event=event_of(row, None if row.raw is None else Raw(row.raw, row.content_type)),
        attempts=row.attempts,
        unsealed=row.unsealed,
        open_step=row.open_step,
        saved=json.loads(row.saved) if row.saved else {},
    )
