"""Leases: what only one process of all hosts does at a time, whichever dies, hangs or is cut off.

A lease runs out by the store's clock unless it is renewed. Whoever takes it over gets the next fencing number, and what
is written under an earlier one is refused in the transaction that writes: the one who had it may still be alive and not
know. Writers of a store come one after the other, so that nobody takes over while somebody's write is under way.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import BigInteger, Column, Connection, String, Table, insert, select, update

from gateway.domain.times import to_micros, utc_now
from gateway.store.columns import METADATA

LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(64), primary_key=True),
    # Host and process, for people.
    Column("holder", String(128), nullable=False),
    # Goes up whenever somebody else takes over.
    Column("fence", BigInteger, nullable=False),
    Column("held_until", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Who does what, until when."""

_MINE = LEASES.c
_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


def take(connection: Connection, name: str, holder: str, seconds: float, is_gone: Callable[[str], bool]) -> int | None:
    """Take a lease that nobody holds; return its fencing number, None where somebody holds it.

    `is_gone` tells whether a holder is known to be dead: then nobody has to wait until the lease runs out.
    """
    now = _now(connection)
    row = connection.execute(select(LEASES).where(_MINE.name == name)).first()
    values = {"holder": holder, "held_until": now + int(seconds * 1_000_000)}
    if row is None:
        connection.execute(insert(LEASES).values(name=name, fence=1, **values))
        return 1
    if row.held_until > now and not is_gone(row.holder):
        return None
    fence: int = row.fence + 1
    connection.execute(update(LEASES).where(_MINE.name == name).values(fence=fence, **values))
    return fence


def renew(connection: Connection, name: str, fence: int, seconds: float) -> bool:
    """Hold a lease for longer, from now on; tell whether it is still the caller's.

    One that has run out and that nobody has taken since is: a store that was away for a while was so for all.
    """
    until = _now(connection) + int(seconds * 1_000_000)
    mine = update(LEASES).where(_MINE.name == name, _MINE.fence == fence)
    return connection.execute(mine.values(held_until=until)).rowcount == 1


def give_back(connection: Connection, name: str, fence: int) -> None:
    """Let somebody else have a lease at once."""
    connection.execute(update(LEASES).where(_MINE.name == name, _MINE.fence == fence).values(held_until=0))


def holds(connection: Connection, name: str, fence: int) -> bool:
    """Tell whether nobody has taken a lease over."""
    return connection.scalar(select(_MINE.fence).where(_MINE.name == name)) == fence


def _now(connection: Connection) -> int:
    return _CLOCKS[connection.dialect.name](connection)


def _of_the_server(connection: Connection) -> int:
    now: int = connection.exec_driver_sql(_NOW).scalar_one()
    return now


# By dialect.
_CLOCKS: Mapping[str, Callable[[Connection], int]] = {
    "sqlite": lambda _connection: to_micros(utc_now()),
    "postgresql": _of_the_server,
}
