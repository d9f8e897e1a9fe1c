"""Telling delivery on other hosts that there is something to do, where the database can: at the commit, to all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, Engine

_CHANNEL = "pesagate_deliveries"
_LOOK_AFTER_S = 60.0


def announce(connection: Connection) -> None:
    """Tell all that listen, as soon as this transaction is committed."""
    _ANNOUNCE[connection.dialect.name](connection)


def announced(engine: Engine) -> Iterator[None]:
    """Give something each time that somebody has told. Raises the driver's error when the connection breaks."""
    return _LISTEN[engine.dialect.name](engine)


def _notify(connection: Connection) -> None:
    connection.exec_driver_sql(f"NOTIFY {_CHANNEL}")


def _listen(engine: Engine) -> Iterator[None]:
    with closing(engine.raw_connection()) as connection:
        driver: Any = connection.driver_connection
        driver.autocommit = True
        driver.execute(f"LISTEN {_CHANNEL}")
        while True:
            for _ in driver.notifies(timeout=_LOOK_AFTER_S, stop_after=1):
                yield
            # Whether the server is still there is found out by asking.
            driver.execute("SELECT 1")


# By dialect. Whoever shares an SQLite store shares a machine: a pipe wakes delivery there.
_ANNOUNCE: Mapping[str, Callable[[Connection], None]] = {"sqlite": lambda _connection: None, "postgresql": _notify}
_LISTEN: Mapping[str, Callable[[Engine], Iterator[None]]] = {"sqlite": lambda _engine: iter(()), "postgresql": _listen}
