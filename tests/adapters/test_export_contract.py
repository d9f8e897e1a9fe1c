"""The export adapter keeps the contract: its lines go into a real ledger, its files into a real folder."""

import csv
import io
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from opened_store import Store
from stored_event import store_event

from adapters.export import ExportAdapter
from adapters.testing import AdapterContract, MemoryProgress, Place, sample_event
from gateway.delivery.closing import Closing, Parts
from gateway.domain.adapter import Progress
from gateway.domain.delivery import AttemptResult, DeliveryState, Verdict
from gateway.domain.due import AttemptEnded, DeliveryWrite, Next
from gateway.domain.event import Event
from gateway.domain.settings import Destination
from gateway.domain.times import utc_now
from gateway.store.deliveries import write_deliveries

NOW = utc_now()


class Booking(ExportAdapter):
    """The adapter with what delivery does after each attempt: the verdict is committed, its line with it."""

    def __init__(self, destination: Destination, store: Store) -> None:
        super().__init__(destination)
        self._store = store
        self._lock = threading.Lock()

    def deliver(self, event: Event, progress: Progress) -> Verdict:
        verdict = super().deliver(event, progress)
        with self._lock, self._store.engine.begin() as connection:
            number = self._delivery(connection, event)
            ended = AttemptEnded(number, progress.attempt, NOW, 1, verdict, Next(DeliveryState.DELIVERED, NOW))
            write_deliveries(connection, [ended])
        return verdict

    def _delivery(self, connection: Any, event: Event) -> int:
        known = self._store.query("SELECT seq, id FROM events")
        found = [int(seq) for seq, public in known if public in (event.id, UUID(event.id).hex, UUID(event.id).bytes)]
        if found:
            return found[0]
        store_event(connection, event, len(known) + 1, NOW)
        return len(known) + 1


class LedgerPlace(Place):
    """A ledger and a folder. What has arrived is what stands in the files."""

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder)
        self._folder = folder / "exports"
        settings = {"format": "csv", "folder": str(self._folder), "close": "every 1 minutes"}
        self._destination = Destination("books", "duka", "export", settings)

    def adapter(self) -> Booking:
        return Booking(self._destination, self._store)

    def arrived(self) -> Sequence[str]:
        gatherers = {("duka", "books"): ExportAdapter(self._destination)}
        parts = Parts(self._store.engine, gatherers, ExportAdapter, self._commit, lambda: NOW + timedelta(minutes=2))
        Closing(parts).look()
        bodies = [path.read_text("utf-8") for path in sorted(self._folder.glob("*.csv"))]
        return [row["Event ID"] for body in bodies for row in csv.DictReader(io.StringIO(body, newline=""))]

    def _commit(self, item: DeliveryWrite) -> None:
        with self._store.engine.begin() as connection:
            write_deliveries(connection, [item])


class TestExport(AdapterContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> LedgerPlace:
        return LedgerPlace(tmp_path)


def test_the_same_event_twice_is_one_line(tmp_path: Path) -> None:
    place = LedgerPlace(tmp_path)
    adapter, event = place.adapter(), sample_event()

    results = [adapter.deliver(event, MemoryProgress(attempt=number)).result for number in (1, 2)]

    assert results == [AttemptResult.DELIVERED, AttemptResult.DELIVERED]
    assert list(place.arrived()) == [event.id]
    assert list(place.arrived()) == [event.id]
