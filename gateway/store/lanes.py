"""Where destinations stand beyond a restart: breaker, asked-for rest, parking. One row of each that had any."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, String, Table, insert, select, update

from gateway.domain.due import LaneTold
from gateway.domain.lane import LaneState, ParkedBy
from gateway.domain.times import from_micros, to_micros
from gateway.store.columns import METADATA

LANES = Table(
    "lanes",
    METADATA,
    Column("tenant", String(64), primary_key=True),
    Column("destination", String(64), primary_key=True),
    # Since when no attempt has come through; null: the breaker is closed.
    Column("opened_at", BigInteger),
    # The destination asked to be left alone until then.
    Column("held_until", BigInteger),
    Column("parked_at", BigInteger),
    # hand | breaker
    Column("parked_by", String(16)),
    # When a person last asked for it to go on.
    Column("resumed_at", BigInteger),
    sqlite_with_rowid=False,
)
"""State of destinations. The delivery process writes what it finds out, commands what a person asks for."""

Name = tuple[str, str]
"""Tenant and destination."""


def read_lanes(connection: Connection) -> dict[Name, LaneState]:
    """Return the state of every destination that has any."""
    return {
        (row.tenant, row.destination): LaneState(
            opened_at=_moment(row.opened_at),
            held_until=_moment(row.held_until),
            parked_at=_moment(row.parked_at),
            parked_by=None if row.parked_by is None else ParkedBy(row.parked_by),
            resumed_at=_moment(row.resumed_at),
        )
        for row in connection.execute(select(LANES))
    }


def write_lane(connection: Connection, told: LaneTold) -> None:
    """Write what delivery has found out. What a person has asked for stays as it is."""
    values: dict[str, Any] = {"opened_at": _micros(told.opened_at), "held_until": _micros(told.held_until)}
    if told.parked_at is not None:
        values |= {"parked_at": _micros(told.parked_at), "parked_by": ParkedBy.BREAKER.value}
    _put(connection, (told.tenant, told.destination), values)


def park(connection: Connection, name: Name, now: datetime) -> bool:
    """Park a destination, because a person asks for it; return whether it was not parked before."""
    known = read_lanes(connection).get(name)
    if known is not None and known.parked_at is not None:
        return False
    _put(connection, name, {"parked_at": to_micros(now), "parked_by": ParkedBy.HAND.value})
    return True


def resume(connection: Connection, name: Name, now: datetime) -> LaneState:
    """Let a destination go on at once, whatever held it; return how it stood before."""
    known = read_lanes(connection).get(name, LaneState())
    free = dict.fromkeys(("opened_at", "held_until", "parked_at", "parked_by"))
    _put(connection, name, {**free, "resumed_at": to_micros(now)})
    return known


def _put(connection: Connection, name: Name, values: Mapping[str, Any]) -> None:
    tenant, destination = name
    mine = (LANES.c.tenant == tenant) & (LANES.c.destination == destination)
    if connection.execute(update(LANES).where(mine).values(values)).rowcount == 0:
        connection.execute(insert(LANES).values(tenant=tenant, destination=destination, **values))


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)
