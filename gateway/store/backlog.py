"""What waits and what is dead, by destination: read from indices of pending and of dead rows only, however many were
delivered.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, literal_column, not_, select

from gateway.domain.times import from_micros
from gateway.store.lanes import Name
from gateway.store.tables import DELIVERIES, EVENTS, QUARANTINE


@dataclass(frozen=True, slots=True)
class Backlog:
    """What has not reached one destination."""

    pending: int = 0
    dead: int = 0
    # When the event of the oldest pending one was made.
    oldest: datetime | None = None


def backlogs(connection: Connection) -> dict[Name, Backlog]:
    """Return the backlog of every destination that has one."""
    pending = {_name(row): row for row in connection.execute(_counted("pending"))}
    dead = {_name(row): row.number for row in connection.execute(_counted("dead"))}
    return {
        name: Backlog(
            pending=pending[name].number if name in pending else 0,
            dead=dead.get(name, 0),
            oldest=_made_at(connection, pending[name].first) if name in pending else None,
        )
        for name in sorted({*pending, *dead})
    }


def open_quarantine(connection: Connection) -> dict[str, int]:
    """Return how many callbacks of each tenant are in quarantine and not dealt with."""
    table = QUARANTINE.c
    query = select(table.tenant, func.count().label("number")).where(not_(table.resolved)).group_by(table.tenant)
    return {row.tenant: row.number for row in connection.execute(query)}


def _counted(state: str) -> Select[Any]:
    # A literal, so that the index is used that holds only these.
    table = DELIVERIES.c
    return (
        select(table.tenant, table.destination, func.count().label("number"), func.min(table.id).label("first"))
        .where(table.state == literal_column(f"'{state}'"))
        .group_by(table.tenant, table.destination)
    )


def _name(row: Any) -> Name:
    return row.tenant, row.destination


def _made_at(connection: Connection, delivery_id: int) -> datetime | None:
    event = select(DELIVERIES.c.event_seq).where(DELIVERIES.c.id == delivery_id).scalar_subquery()
    made = connection.scalar(select(EVENTS.c.created_at).where(EVENTS.c.seq == event))
    return None if made is None else from_micros(made)
