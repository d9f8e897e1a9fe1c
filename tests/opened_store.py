"""A real store in a folder, and a writer on it."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from gateway.domain.received import Received
from gateway.domain.settings import Secret
from gateway.domain.times import utc_now
from gateway.pipeline.settle import settle
from gateway.store.engine import open_engine
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
        self.url = Secret(f"sqlite:///{self.file}")
        prepare(self.url)
        self.engine = open_engine(self.url)

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
        with closing(sqlite3.connect(self.file, isolation_level=None, timeout=20)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                holder.execute("ROLLBACK")


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
