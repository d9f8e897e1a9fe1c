"""The books of one destination: a real store and folder, delivery's own code, a clock that a test moves."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from arrivals import arrival
from opened_store import Store
from taken_up import taken_up

from adapters.export import ExportAdapter
from gateway.delivery.attempt import Attempter
from gateway.delivery.closing import Closing, Parts
from gateway.delivery.process import _resolve
from gateway.domain.due import DeliveryWrite
from gateway.domain.settings import Destination
from gateway.domain.times import NAIROBI
from gateway.pipeline.settle import settle
from gateway.store.deliveries import write_deliveries
from gateway.store.inbox import Inbox
from gateway.store.replays import Wanted, make_due, matching
from gateway.store.writer import Writer

NOON = datetime(2026, 11, 24, 12, tzinfo=NAIROBI)


class Books:
    """One export destination called `erp`, as all arrivals of tests are routed there."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder / "exports"
        self.now = NOON
        self.store = Store(folder)
        self.configure(**settings)
        self._writer: Writer[Any, Any, Any] = Writer(self.store.engine, write_deliveries, _resolve)
        self._attempter = Attempter(lambda: self.now, lambda: 0.0, self.commit)

    def configure(self, **settings: Any) -> None:
        """Set what the destination has from now on."""
        whole = {"format": "csv", "folder": str(self.folder), **settings}
        self.destination = Destination("erp", "duka", "export", whole)
        self.adapter = ExportAdapter(self.destination)

    def commit(self, item: DeliveryWrite) -> Any:
        written: Future[Any] = Future()
        self._writer.submit(item, written)
        return written.result(30)

    def take(self, kind: str, *bodies: dict[str, Any]) -> None:
        """Take callbacks at the present moment, and deliver what they make."""
        with self.store.engine.begin() as connection:
            Inbox(settle, lambda: self.now)(connection, [arrival(kind, one, received_at=self.now) for one in bodies])
        self.deliver()

    def deliver(self) -> None:
        with self.store.engine.connect() as connection:
            waiting = taken_up(connection, "duka", "erp", self.now, 10_000)
        for delivery in waiting:
            ended = self._attempter.attempt(delivery, self.destination, self.adapter)
            assert ended is not None
            self.commit(ended)

    def replay(self) -> None:
        """Deliver everything once more."""
        with self.store.engine.begin() as connection:
            make_due(connection, matching(connection, Wanted(again=True)), self.now)
        self.deliver()

    def look(self, moment: datetime | None = None) -> None:
        """Look once at what is to be closed, as a process that has just been started."""
        self.now = moment or self.now
        gatherers = {("duka", "erp"): self.adapter}
        Closing(Parts(self.store.engine, gatherers, ExportAdapter, self.commit, lambda: self.now)).look()

    def files(self) -> dict[str, bytes]:
        """Return what is in the folder, hidden things included."""
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())} if self.folder.exists() else {}

    def close(self) -> None:
        self._writer.close(30)


@contextmanager
def books(folder: Path, **settings: Any) -> Iterator[Books]:
    made = Books(folder, **settings)
    try:
        yield made
    finally:
        made.close()
