"""The writer: one commit for all that waits, and a fault costs only what is at fault."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from arrivals import arrival
from opened_store import Store, writing
from simulated import c2b
from sqlalchemy import Connection, text

from gateway.domain.errors import StoreBusy, StoreUnavailable
from gateway.domain.settled import Disposition
from gateway.store.inbox import Probe
from gateway.store.writer import Writer


def put(connection: Connection, batch: Sequence[Any]) -> list[Any]:
    """Write each item as a row of `meta`."""
    connection.execute(text("INSERT INTO meta VALUES (:key, 'x')"), [{"key": item} for item in batch])
    return list(batch)


def written(store: Store) -> set[str]:
    return {
        key for (key,) in store.query("SELECT key FROM meta WHERE key NOT IN ('schema_version', 'compatible_from')")
    }


def test_what_gathers_during_a_commit_is_the_next_batch(store: Store) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection, batch: Sequence[Any]) -> list[Any]:
        started.set()
        assert go_on.wait(20)
        return put(connection, batch)

    with writing(store.engine, slow) as (writer, outcomes):
        writer.submit("first", 0)
        assert started.wait(20)
        for number in range(1, 101):
            writer.submit(f"n{number}", number)
        go_on.set()
        said = outcomes.wait_for(101)
    assert outcomes.batches == [[0], list(range(1, 101))]
    assert said == {0: "first"} | {number: f"n{number}" for number in range(1, 101)}
    assert len(written(store)) == 101


def test_a_batch_has_a_limit(store: Store) -> None:
    with writing(store.engine, put, batch=7) as (writer, outcomes), store.locked():
        for number in range(20):
            writer.submit(f"n{number}", number)
    outcomes.wait_for(20)
    assert max(len(batch) for batch in outcomes.batches) <= 7
    assert len(written(store)) == 20


@pytest.mark.parametrize("faulty", [{5}, {0}, {15}, {0, 7, 8, 15}, set(range(16))])
def test_only_what_is_at_fault_fails(store: Store, faulty: set[int]) -> None:
    def odd(connection: Connection, batch: Sequence[Any]) -> list[Any]:
        rows = put(connection, batch)
        if any(int(item[1:]) in faulty for item in batch):
            raise TypeError("no such thing can be written")
        return rows

    with writing(store.engine, odd) as (writer, outcomes):
        with store.locked():
            for number in range(16):
                writer.submit(f"n{number}", number)
        said = outcomes.wait_for(16)
    assert {number for number, outcome in said.items() if isinstance(outcome, TypeError)} == faulty
    assert written(store) == {f"n{number}" for number in range(16) if number not in faulty}


def test_a_row_that_the_database_refuses_fails_alone(store: Store) -> None:
    with writing(store.engine, put) as (writer, outcomes):
        with store.locked():
            for number, key in enumerate(["a", "b", "a", "c"]):
                writer.submit(key, number)
        said = outcomes.wait_for(4)
    assert [type(said[number]).__name__ for number in range(4)] == ["str", "str", "IntegrityError", "str"]
    assert written(store) == {"a", "b", "c"}


def test_while_the_disk_is_full_nothing_is_acknowledged_and_afterwards_all_is_well(file_store: Store) -> None:
    full = file_store.full_engine(spare_pages=3)
    with writing(full) as (writer, outcomes):
        for number in range(40):
            writer.submit(arrival("c2b-confirmation", c2b(f"UF{number}", Padding="x" * 4000)), number)
            outcomes.wait_for(number + 1)
        said = outcomes.by_ticket
        failed = {number for number, outcome in said.items() if isinstance(outcome, StoreUnavailable)}
        assert 0 < len(failed) < 40
        kept = {receipt for (receipt,) in file_store.query("SELECT identity FROM callbacks")}
        assert kept == {f"UF{number}" for number in range(40) if number not in failed}
        assert len(file_store.query("SELECT id FROM events")) == len(kept)
    with writing(file_store.engine) as (writer, outcomes):
        for number in failed:
            writer.submit(arrival("c2b-confirmation", c2b(f"UF{number}")), number)
        said = outcomes.wait_for(len(failed))
    assert {outcome.disposition for outcome in said.values()} == {Disposition.ACCEPTED}


def test_a_locked_store_is_unavailable_and_comes_back_by_itself(store: Store) -> None:
    with writing(store.engine) as (writer, outcomes):
        with store.locked():
            for number in range(3):
                writer.submit(Probe(), number)
            said = outcomes.wait_for(3)
        assert {type(outcome) for outcome in said.values()} == {StoreUnavailable}
        assert str(said[0]) in ("database is locked", "canceling statement due to lock timeout")
        writer.submit(Probe(), 3)
        assert outcomes.wait_for(4)[3] is None


def test_a_damaged_store_is_the_stores_fault_and_not_each_rows(file_store: Store) -> None:
    """Each row was blamed for it, halving by halving."""
    file_store.query("PRAGMA wal_checkpoint(TRUNCATE)")
    size = file_store.file.stat().st_size
    with file_store.file.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    with writing(file_store.engine) as (writer, outcomes):
        for number in range(8):
            writer.submit(arrival("c2b-confirmation", c2b(f"UD{number}")), number)
        said = outcomes.wait_for(8)
    assert {type(outcome) for outcome in said.values()} == {StoreUnavailable}


def test_a_store_that_is_gone_is_unavailable(file_store: Store) -> None:
    for file in file_store.file.parent.glob("pesagate.db*"):
        file.unlink()
    with writing(file_store.engine) as (writer, outcomes):
        writer.submit(arrival("c2b-confirmation", c2b("UGONE")), 0)
        assert isinstance(outcomes.wait_for(1)[0], StoreUnavailable)


def test_above_its_limit_it_takes_no_more(store: Store) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection, batch: Sequence[Any]) -> list[Any]:
        started.set()
        assert go_on.wait(20)
        return put(connection, batch)

    with writing(store.engine, slow, limit=5) as (writer, outcomes):
        writer.submit("first", 0)
        assert started.wait(20)
        for number in range(1, 6):
            writer.submit(f"n{number}", number)
        with pytest.raises(StoreBusy, match="5 rows wait for the store already"):
            writer.submit("one too many", 6)
        go_on.set()
        outcomes.wait_for(6)
        writer.submit("there is room again", 7)
        outcomes.wait_for(7)
    assert written(store) == {"first", *(f"n{number}" for number in range(1, 6)), "there is room again"}


def test_closed_it_takes_no_more_but_finishes(store: Store) -> None:
    with writing(store.engine, put) as (writer, outcomes):
        with store.locked():
            for number in range(50):
                writer.submit(f"n{number}", number)
        writer.close(30)
        with pytest.raises(StoreBusy):
            writer.submit("late", 99)
    assert len(outcomes.by_ticket) == len(written(store)) == 50


def test_it_outlives_whoever_asked(store: Store) -> None:
    heard: list[Any] = []

    def resolve(outcomes: Sequence[tuple[Any, Any]]) -> None:
        heard.extend(outcomes)
        if len(heard) == 1:
            raise RuntimeError("the loop is gone")

    writer: Writer[str, int, Any] = Writer(store.engine, put, resolve)
    writer.submit("a", 0)
    while not heard:
        threading.Event().wait(0.01)
    writer.submit("b", 1)
    writer.close(30)
    assert written(store) == {"a", "b"}


def test_its_own_connection_waits_for_the_disk(file_store: Store) -> None:
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")

    def look(connection: Connection, batch: Sequence[Any]) -> list[Any]:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas}
        return [found] * len(batch)

    with writing(file_store.engine, look) as (writer, outcomes):
        writer.submit("x", 0)
        found = outcomes.wait_for(1)[0]
    # FULL is 2: every commit of the write-ahead log is on the disk before it returns.
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_a_writer_with_much_to_do_keeps_no_other_from_the_store(store: Store) -> None:
    """Delivery's writer held the store through a replay of thousands, and intake answered 503 after ten seconds."""
    enough = threading.Event()

    def long_commit(connection: Connection, batch: Sequence[Any]) -> list[Any]:
        # SQLite's waiting looks every tenth of a second: between such commits it finds no gap by chance.
        put(connection, batch)
        enough.wait(0.25)
        return list(batch)

    busy: Writer[str, int, Any] = Writer(store.engine, long_commit, lambda _: None, batch=1, gives_way=True)
    busy.submit_many([(f"busy {number}", number) for number in range(200)])
    try:
        with writing(store.engine, put) as (writer, outcomes):
            for number in range(5):
                writer.submit(f"callback {number}", number)
                assert outcomes.wait_for(number + 1)[number] == f"callback {number}"
    finally:
        enough.set()
        busy.close(60)
