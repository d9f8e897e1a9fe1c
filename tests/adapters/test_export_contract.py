"""The export adapter keeps the contract: its lines go into a real ledger, its files into a real folder."""

import csv
import io
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from opened_store import Store
from sqlalchemy import insert

from adapters.export import ExportAdapter
from adapters.testing import AdapterContract, MemoryProgress, Place, sample_event
from gateway.delivery.closing import Closing, Parts
from gateway.domain.adapter import Progress
from gateway.domain.delivery import AttemptResult, DeliveryState, Verdict
from gateway.domain.due import AttemptEnded, DeliveryWrite, Next
from gateway.domain.event import Event
from gateway.domain.settings import Destination
from gateway.domain.times import to_micros, utc_now
from gateway.store.deliveries import write_deliveries
from gateway.store.eventrow import event_json
from gateway.store.tables import CALLBACKS, DELIVERIES, EVENTS, PAYMENTS

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
        known = [row for row in self._store.query("SELECT id, event_id FROM deliveries") if row[1] == event.id]
        if known:
            return int(known[0][0])
        micros, callback = to_micros(NOW), len(self._store.query("SELECT id FROM callbacks")) + 1
        connection.execute(
            insert(PAYMENTS).values(
                id=event.payment_id, tenant="duka", shortcode="600638", provider="mpesa", direction="in", outcome=2,
                event_id=event.id, created_at=micros, updated_at=micros,
            )
        )  # fmt: skip
        connection.execute(
            insert(CALLBACKS).values(
                id=callback, tenant="duka", shortcode="600638", kind="stk", identity=event.id, facts_digest="",
                payment_id=event.payment_id, disposition="accepted", body_digest="", content_type="", headers="{}",
                context="{}", source="", received_at=micros, last_seen_at=micros,
            )
        )  # fmt: skip
        connection.execute(
            insert(EVENTS).values(
                id=event.id, tenant="duka", shortcode="600638", type=event.type, payment_id=event.payment_id,
                callback_id=callback, body=event_json(event), created_at=micros, sealed_at=micros,
            )
        )  # fmt: skip
        made = connection.execute(
            insert(DELIVERIES).values(
                event_id=event.id, tenant="duka", destination="books", state="pending", due_at=micros, updated_at=micros
            )
        )
        return int(made.inserted_primary_key[0])


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
