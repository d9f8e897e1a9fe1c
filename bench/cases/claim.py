"""Finding what is due and writing what came of it must not grow dearer with the backlog."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

import bodies
from processes import status_of
from product import PATHS, product
from report import Row
from rounds import ratio
from session import Session

from gateway.domain.delivery import AttemptResult, DeliveryState, Verdict
from gateway.domain.due import AttemptEnded, DueDelivery, Next
from gateway.domain.settings import Secret
from gateway.domain.times import utc_now
from gateway.store.claims import Asked, due, load
from gateway.store.deliveries import write_deliveries
from gateway.store.engine import open_engine
from gateway.store.queries import reading

AT_ONCE = 8
ROUNDS = 60


def backlog(session: Session) -> Iterator[Row]:
    """Time one look for eight deliveries and the writing of eight results, by the product's own functions."""
    powers = (4, 5) if session.quick else (4, 5, 6)
    seed = _seed(session)
    steps = {power: _Steps(_multiplied(seed, session.new_folder(), 10**power)) for power in powers}
    times: dict[int, list[tuple[float, float]]] = {power: [] for power in powers}
    for _ in range(ROUNDS):
        for power in powers:
            times[power].append(steps[power].once())
    yield from _rows(times)


def _rows(times: dict[int, list[tuple[float, float]]]) -> Iterator[Row]:
    base = [claim + finish for claim, finish in times[4]]
    for power in sorted(times)[1:]:
        # No min-max: a single pair is a millisecond long and means nothing.
        found = ratio(base, [claim + finish for claim, finish in times[power]]).value
        yield Row("claim", f"claim and finish, backlog 10^{power} / 10^4", found, note=_note(times, power))


def _note(times: dict[int, list[tuple[float, float]]], power: int) -> str:
    middles = {one: [median(side) for side in zip(*times[one], strict=True)] for one in (4, power)}
    parts = [f"10^{one}: {claim:.0f} + {finish:.0f} us" for one, (claim, finish) in middles.items()]
    return f"CPU for {AT_ONCE}: {', '.join(parts)}"


class _Steps:
    """One store with a backlog, and the two steps on it."""

    def __init__(self, store: Path) -> None:
        self._engine = open_engine(Secret(f"sqlite:///{store}"))
        self._writing = self._engine.connect()
        self._reading = self._engine.connect().execution_options(reads_only=True)

    def once(self) -> tuple[float, float]:
        """Do both; return the microseconds of processor time of each."""
        found: list[DueDelivery] = []
        claim = _cpu_us(lambda: found.extend(self._claim()))
        assert len(found) == AT_ONCE
        return claim, _cpu_us(lambda: self._finish(found))

    def _claim(self) -> list[DueDelivery]:
        with reading(self._engine) as connection:
            found = due(connection, [Asked("duka", "erp")], utc_now(), AT_ONCE)
            return load(connection, [each.id for each in found])

    def _finish(self, found: list[DueDelivery]) -> None:
        verdict = Verdict(AttemptResult.DELIVERED, "delivered", "", status=200)
        after = Next(DeliveryState.DELIVERED, utc_now())
        ended = [AttemptEnded(one.id, one.attempts + 1, utc_now(), 1, verdict, after) for one in found]
        with self._writing.begin():
            write_deliveries(self._writing, ended)


def _cpu_us(step: Callable[[], None]) -> float:
    started = time.process_time()
    step()
    return (time.process_time() - started) * 1e6


def _seed(session: Session) -> Path:
    """Return a store with one delivery that waits, made by the product itself."""
    with product(session.new_folder()) as made:
        made.hold_delivery()
        sent = bodies.body(bodies.template(), "unique", 0, 1).encode()
        assert status_of(made.child.port, PATHS[0], sent) == 200
    return made.store


def _multiplied(seed: Path, folder: Path, number: int) -> Path:
    """Return a copy of the store in which the one event and its delivery are there `number` times."""
    folder.mkdir()
    store = Path(shutil.copy(seed, folder))
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        _repeat(connection, "events", number, seq="NULL", id=_ID)
        fresh = {"state": "'pending'", "waiting_for": "NULL", "attempts": "0"}
        _repeat(connection, "deliveries", number, id="NULL", event_seq="n.i + 1", due_at="due_at + n.i", **fresh)
        connection.execute("DELETE FROM attempts")
        connection.execute("DELETE FROM deliveries WHERE id = (SELECT min(id) FROM deliveries)")
        connection.commit()
        connection.execute("ANALYZE")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store


_ID = "CAST(printf('%016d', n.i) AS BLOB)"


def _repeat(connection: sqlite3.Connection, table: str, number: int, **changed: str) -> None:
    columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changed.get(name, name) for name in columns)
    connection.execute(
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "  # noqa: S608 - our own names
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM n, (SELECT * FROM {table} LIMIT 1)",
        (number,),
    )
