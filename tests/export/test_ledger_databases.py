"""The ledger's statements on the databases that a store may be: one line of an event, files closed and marked."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from databases import own_database
from exported import payment
from opened_store import Store
from sqlalchemy import Engine, create_engine
from stored_event import store_event

from gateway.domain.delivery import AttemptResult, DeliveryState, Verdict
from gateway.domain.due import AttemptEnded, Next
from gateway.domain.event import Event
from gateway.domain.export import CloseLines, Cut, FilePlan, FileWritten, LedgerLine
from gateway.domain.times import utc_now
from gateway.store import export_ledger
from gateway.store.columns import METADATA

NOW = utc_now()
PLAN = FilePlan("export", "/exports", "csv", {"format": "csv", "folder": "/exports"})


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        yield Store(tmp_path).engine
        return
    with own_database(request.param) as url:
        made = create_engine(url)
        try:
            METADATA.create_all(made)
            yield made
        finally:
            made.dispose()


def stored(engine: Engine, number: int) -> Event:
    event = payment(number)
    with engine.begin() as connection:
        store_event(connection, event, number, NOW)
    return event


def test_a_line_once_and_a_file_over_it(engine: Engine) -> None:
    events = [stored(engine, number) for number in (1, 2, 3)]
    verdict = Verdict(AttemptResult.DELIVERED, "line", line=LedgerLine("600638", "20260301"))
    for number in (1, 2, 3, 2):
        ended = AttemptEnded(number, 1, NOW, 1, verdict, Next(DeliveryState.DELIVERED, NOW))
        with engine.begin() as connection:
            export_ledger.book_line(connection, ended)
    cut = Cut(NOW + timedelta(seconds=1), most=2)
    with engine.begin() as connection:
        assert [row["lines"] for row in export_ledger.waiting(connection)] == [3]
        assert not export_ledger.is_due(connection, "duka", "books", Cut(NOW, full=4))
        assert export_ledger.is_due(connection, "duka", "books", Cut(NOW, full=3))
        assert export_ledger.is_due(connection, "duka", "books", cut)
        export_ledger.close_lines(connection, CloseLines("duka", "books", cut, PLAN, NOW))
    with engine.begin() as connection:
        assert not export_ledger.is_due(connection, "duka", "books", cut)
        files = export_ledger.unwritten(connection, "duka", "books")
        assert [file.name for file in files] == ["duka_600638_20260301_1.csv", "duka_600638_20260301_2.csv"]
        assert [[one.id for one in export_ledger.events_in(connection, file.id)] for file in files] == [
            [events[0].id, events[1].id],
            [events[2].id],
        ]
        export_ledger.mark_written(connection, FileWritten(files[0].id, "0" * 64, files[0].settings, NOW))
        assert [file.id for file in export_ledger.unwritten(connection)] == [files[1].id]
        assert export_ledger.events_of(connection, "duka", "600638", NOW)[0] == 3
        assert export_ledger.events_of(connection, "duka", "600638", NOW, "other")[0] == 0
        assert export_ledger.is_there(connection)
