"""Quarantined callbacks, once more: what becomes an event is settled and resolved in one transaction."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine, RowMapping, not_, select, update

from gateway.crash import point
from gateway.domain.callback import Callback
from gateway.domain.errors import StoreUnavailable
from gateway.domain.received import Arrival, Quarantined, Received
from gateway.domain.settled import Settled
from gateway.domain.times import from_micros, to_micros
from gateway.store.callbackrow import callback_of
from gateway.store.inbox import Settle
from gateway.store.known import read_known
from gateway.store.page import Tenants
from gateway.store.settled_rows import write_settled
from gateway.store.tables import CALLBACKS, QUARANTINE
from gateway.store.writer import cause_of, is_the_stores

CHUNK = 100
"""So many rows are one commit: a running gateway never waits long for the store."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What became of one quarantine row."""

    id: int
    received: Received
    # Set where it became an arrival.
    settled: Settled | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row whose rows the database does not take: it stays as it was."""

    id: int
    # Why, in the driver's words or by the name of the fault; of no payer.
    cause: str


Take = Callable[[Connection, Sequence[int]], Sequence[Reviewed]]
"""Takes the rows of these ids once more, in an open transaction."""


def open_rows(
    connection: Connection,
    ids: Sequence[int] = (),
    tenants: Tenants = None,
    reason: str | None = None,
    since: datetime | None = None,
) -> list[int]:
    """Return the ids of the open quarantine rows that are meant, the oldest first. No id means: any."""
    table = QUARANTINE.c
    query = select(table.id).where(not_(table.resolved)).order_by(table.id)
    if ids:
        query = query.where(table.id.in_(ids))
    if tenants is not None:
        query = query.where(table.tenant.in_(tenants))
    if reason is not None:
        query = query.where(table.reason == reason)
    if since is not None:
        query = query.where(table.received_at >= to_micros(since))
    return list(connection.scalars(query))


def reprocess(
    connection: Connection,
    ids: Sequence[int],
    receive: Callable[[Callback, str], Received],
    settle: Settle,
    now: datetime,
    new_id: Callable[[], int],
) -> list[Reviewed]:
    """Take quarantined callbacks once more, in the caller's transaction; rows that are resolved by now are left out.

    `receive` is given each callback with the reason for which it was set aside. What is still not understood keeps its
    row, with the reason of today. A row whose callback has been taken before, and whose bytes have come again since, is
    a callback of its own, with a `new_id`: it may tell other facts by now.
    """
    rows = connection.execute(
        select(QUARANTINE).where(QUARANTINE.c.id.in_(ids), not_(QUARANTINE.c.resolved)).order_by(QUARANTINE.c.id)
    ).mappings()
    taken = set(connection.scalars(select(CALLBACKS.c.id).where(CALLBACKS.c.id.in_(ids))))
    received = {
        row["id"]: receive(_again(row, new_id()) if row["id"] in taken else callback_of(dict(row)), row["reason"])
        for row in rows
    }
    arrivals = [one for one in received.values() if isinstance(one, Arrival)]
    stored = read_known(connection, arrivals, now)
    settled = settle(stored, arrivals)
    write_settled(connection, settled, stored)
    by_callback = {one.arrival.callback.id: one for one in settled}
    for row_id, one in received.items():
        _note(connection, row_id, one)
    return [Reviewed(row_id, one, by_callback.get(one.callback.id)) for row_id, one in received.items()]


def reprocess_all(engine: Engine, ids: Sequence[int], take: Take) -> Iterator[Reviewed | Refused]:
    """Yield what becomes of quarantined rows, after the commit that it speaks of.

    Each commit is of a chunk; where one row of it is at fault, the chunk is halved until that row stands alone. Raises
    StoreUnavailable where no row is to blame; what was committed before stays so.
    """
    for start in range(0, len(ids), CHUNK):
        yield from _chunk(engine, ids[start : start + CHUNK], take)


def _chunk(engine: Engine, ids: Sequence[int], take: Take) -> Iterator[Reviewed | Refused]:
    try:
        with engine.begin() as connection:
            done = take(connection, ids)
            point("before_reprocessed")
    except Exception as error:
        if is_the_stores(error):
            raise StoreUnavailable(
                f"The store does not take what comes out of quarantine: {cause_of(error)}."
            ) from error
        if len(ids) == 1:
            yield Refused(ids[0], cause_of(error))
            return
    else:
        point("after_reprocessed")
        yield from done
        return
    middle = len(ids) // 2
    yield from _chunk(engine, ids[:middle], take)
    yield from _chunk(engine, ids[middle:], take)


def resolve(connection: Connection, row_id: int) -> bool:
    """Mark a row as dealt with; its bytes stay. Return whether there was an open one."""
    query = update(QUARANTINE).where(QUARANTINE.c.id == row_id, not_(QUARANTINE.c.resolved)).values(resolved=True)
    return connection.execute(query).rowcount == 1


def _again(row: RowMapping, new_id: int) -> Callback:
    seen_at = row["received_at"] if row["last_seen_at"] is None else row["last_seen_at"]
    return replace(callback_of(dict(row)), id=new_id, received_at=from_micros(seen_at))


def _note(connection: Connection, row_id: int, received: Received) -> None:
    this = update(QUARANTINE).where(QUARANTINE.c.id == row_id)
    if isinstance(received, Quarantined):
        told = {"reason": received.reason.value, "path": received.path, "detail": received.detail}
        connection.execute(this.values(told))
    else:
        connection.execute(this.values(resolved=True))
