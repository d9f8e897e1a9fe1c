"""A real store in a folder, and a writer on it."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from databases import own_database
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from gateway.domain.received import Received
from gateway.domain.settings import Secret
from gateway.domain.times import utc_now
from gateway.pipeline.settle import settle
from gateway.store.engine import WRITER_LOCK, open_engine
from gateway.store.inbox import Inbox, Probe
from gateway.store.prepare import prepare
from gateway.store.writer import Writer


class Outcomes:
    """Takes what a writer says, by ticket."""

    def __init__(self) -> None:
        self._arrived = threading.Condition()
        self.by_ticket: dict[Any, Any] = {}
        self.batches: list[list[Any]] = []

    def __call__(self, outcomes: Sequence[tuple[Any, Any]]) -> None:
        with self._arrived:
            self.by_ticket.update(outcomes)
            self.batches.append([ticket for ticket, _ in outcomes])
            self._arrived.notify_all()

    def wait_for(self, number: int, seconds: float = 40) -> dict[Any, Any]:
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.by_ticket) >= number, seconds), self.by_ticket
            return dict(self.by_ticket)


class Store:
    """A store on disk."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "pesagate.db"
        self._open(Secret(f"sqlite:///{self.file}"))

    def _open(self, url: Secret) -> None:
        self.url = url
        prepare(url)
        self.engine = open_engine(url)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.file, timeout=20, isolation_level=None)) as connection:
            return connection.execute(sql, values).fetchall()

    def full_engine(self, spare_pages: int = 0) -> Engine:
        """Return an engine for which the disk is full after that many more pages."""
        pages = self.query("PRAGMA page_count")[0][0] + spare_pages
        engine = open_engine(self.url)
        event.listen(engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count = {pages}"))
        return engine

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the write lock."""
        with self.engine.begin():
            yield


class ServerStore(Store):
    """A store in a database of its own on PostgreSQL."""

    def __init__(self, url: URL) -> None:
        self._open(Secret(url.render_as_string(hide_password=False)))

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        autocommit = create_engine(self.url.reveal(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with autocommit.connect() as connection:
            found = connection.exec_driver_sql(sql.replace("%", "%%").replace("?", "%s"), values or None)
            return [tuple(row) for row in found] if found.returns_rows else []

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of writers in a session of its own, which the server does not end."""
        autocommit = create_engine(self.url.reveal(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with autocommit.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({WRITER_LOCK})")
            yield


@contextmanager
def opened(backend: str, folder: Path) -> Iterator[Store]:
    """Give a store on a backend: sqlite or postgresql."""
    if backend == "sqlite":
        yield Store(folder)
        return
    with own_database(backend) as url:
        yield ServerStore(url)


BACKENDS = ("sqlite", "postgresql")


@contextmanager
def writing(
    engine: Engine, write: Callable[[Any, Any], Any] | None = None, **limits: int
) -> Iterator[tuple[Writer[Any, Any, Any], Outcomes]]:
    """Give a writer, of the inbox unless told otherwise, and what takes its outcomes."""
    outcomes = Outcomes()
    writer: Writer[Received | Probe, Any, Any] = Writer(engine, write or Inbox(settle, utc_now), outcomes, **limits)
    try:
        yield writer, outcomes
    finally:
        writer.close(30)
