"""Stores with many rows, made out of one payment that the product itself has taken."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import bodies
from processes import status_of
from product import PATHS, product
from session import Session

_NUMBERED = "CAST(printf('%016d', n.i) AS BLOB)"
_DAY_MICROS = 86_400 * 1_000_000


def one_payment(session: Session) -> Path:
    """Return a store with one payment whose delivery waits."""
    with product(session.new_folder()) as made:
        made.hold_delivery()
        sent = bodies.body(bodies.template(), "unique", 0, 1).encode()
        assert status_of(made.child.port, PATHS[0], sent) == 200
    return made.store


def backlogged(seed: Path, folder: Path, number: int) -> Path:
    """Return a copy of the store in which the one event and its delivery, still due, are there `number` times."""
    folder.mkdir()
    store = Path(shutil.copy(seed, folder))
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        # Each of a payment of its own: of one payment only one is under way at a time.
        _repeat(connection, "events", number, seq="NULL", id=_NUMBERED, payment_seq="n.i + 1")
        fresh = {"state": "'pending'", "waiting_for": "NULL", "attempts": "0"}
        _repeat(connection, "deliveries", number, id="NULL", event_seq="n.i + 1", due_at="1000000 + n.i", **fresh)
        connection.execute("DELETE FROM attempts")
        connection.execute("DELETE FROM deliveries WHERE id = (SELECT min(id) FROM deliveries)")
        _settle(connection)
    return store


def grown(seed: Path, folder: Path, number: int, days_old: int = 0) -> Path:
    """Return a copy of the store with `number` payments more, each whole, delivered, and so many days old."""
    folder.mkdir()
    store = Path(shutil.copy(seed, folder))
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        (first, payment, event) = connection.execute(
            "SELECT (SELECT max(id) FROM callbacks), (SELECT max(seq) FROM payments), (SELECT max(seq) FROM events)"
        ).fetchone()
        old = f"- {days_old * _DAY_MICROS}"
        here = f"{payment} + n.i"
        _repeat(connection, "payments", number, seq=here, id=_NUMBERED, event_seq=f"{event} + n.i")
        came = {"received_at": f"received_at {old}", "payment_seq": here}
        _repeat(connection, "callbacks", number, id=f"{first} + n.i", identity="printf('old_CO_%012d', n.i)", **came)
        _repeat(connection, "payment_keys", number, value="printf('OLD%09d', n.i)", payment_seq=here)
        told = {"seq": f"{event} + n.i", "callback_id": f"{first} + n.i", "payment_seq": here}
        _repeat(connection, "events", number, id=_NUMBERED, received_at=f"received_at {old}", **told)
        done = {"state": "'delivered'", "waiting_for": "NULL", "attempts": "1"}
        _repeat(connection, "deliveries", number, id="NULL", event_seq=f"{event} + n.i", **done)
        _settle(connection)
    return store


def _settle(connection: sqlite3.Connection) -> None:
    connection.commit()
    connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _repeat(connection: sqlite3.Connection, table: str, number: int, **changed: str) -> None:
    columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
    given = {name: text for name, text in changed.items() if name in columns}
    values = ", ".join(given.get(name, name) for name in columns)
    connection.execute(
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "  # noqa: S608 - our own names
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM n, (SELECT * FROM {table} LIMIT 1)",
        (number,),
    )
