"""Each kind of trouble that a database can be in has its outcome, and its words name neither payer nor password."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from customer_database import COLUMNS, PASSWORD, TABLE, UNIQUE, Customer, customer
from postgres_cluster import Cluster, cluster
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from adapters.database.words import shown
from adapters.testing import MemoryProgress, sample_event
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.event import Event, Party
from gateway.domain.settings import Secret

DELIVERED, DUPLICATE = AttemptResult.DELIVERED, AttemptResult.DUPLICATE
RETRY, REJECTED = AttemptResult.RETRY, AttemptResult.REJECTED
PAYER = ("254712345678", "712345678", "WANJIKU", "wanjiku")


def numbered(number: int, **overrides: Any) -> Event:
    return sample_event(**{"id": f"event-{number}", "receipt": f"UC{number:08}", **overrides})


def outcome(verdict: Verdict) -> tuple[AttemptResult, str]:
    told = verdict.reason + verdict.detail + (verdict.answer or "")
    assert [fact for fact in (*PAYER, PASSWORD) if fact in told] == []
    assert len(told) < 1000
    return verdict.result, verdict.reason


def deliver(table: Customer, /, url: Any = None, **settings: Any) -> tuple[AttemptResult, str]:
    return outcome(table.adapter(url, **settings).deliver(sample_event(), MemoryProgress()))


@pytest.fixture(params=["postgresql", "mysql"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Customer]:
    with customer(request.param, tmp_path) as made:
        yield made


def test_nobody_listens(served: Customer) -> None:
    with socket.socket() as bound:
        # Bound, not listening: whoever connects is refused.
        bound.bind(("127.0.0.1", 0))
        assert deliver(served, served.url.set(port=bound.getsockname()[1])) == (RETRY, "no_connection")


def test_a_server_that_says_nothing_is_not_waited_for(served: Customer) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        got = deliver(served, served.url.set(port=silent.getsockname()[1]), timeout=timedelta(seconds=1))
        assert got in [(RETRY, "no_connection"), (RETRY, "timeout")]
        assert time.monotonic() - started < 15


def test_a_server_that_talks_nonsense(served: Customer) -> None:
    def babble(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"\xff\x00 lp0 on fire" * 100)

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        threading.Thread(target=babble, args=(listening,), daemon=True).start()
        result, _ = deliver(served, served.url.set(port=listening.getsockname()[1]), timeout=timedelta(seconds=1))
        listening.shutdown(socket.SHUT_RDWR)
    assert result is RETRY


def test_an_account_that_is_not_known(served: Customer) -> None:
    url = served.url.set(username="nobody_here", password=PASSWORD)
    assert deliver(served, url) == (REJECTED, "bad_credentials")


def test_a_database_that_is_not_there(served: Customer) -> None:
    assert deliver(served, served.url.set(database="not_there")) == (REJECTED, "no_database")


SEQUENCE = "USAGE ON SEQUENCE mpesa_payments_id_seq"


def rights(table: Customer, *more: str) -> list[str]:
    return [*more, *([SEQUENCE] if table.backend == "postgresql" else [])]


def test_insert_and_select_are_rights_enough(served: Customer) -> None:
    with served.account(*rights(served, "SELECT ON mpesa_payments", "INSERT ON mpesa_payments")) as url:
        assert list(served.adapter(url).check(live=True)) == []
        assert deliver(served, url) == (DELIVERED, "inserted")
        assert deliver(served, url) == (DUPLICATE, "already_there")
        # To write again needs a right of its own.
        told = list(served.adapter(url, on_duplicate={"update": ["payer"]}).check(live=True))
        assert len(told) == 1
        assert told[0].startswith("The account may not write there")
        assert deliver(served, url, on_duplicate={"update": ["payer"]}) == (REJECTED, "no_permission")


@pytest.mark.not_on("mysql", why="MariaDB shows a table to nobody who may not read all of it")
def test_rights_on_single_columns_are_enough(served: Customer) -> None:
    names = ", ".join(COLUMNS)
    on_columns = [f"SELECT ({names}) ON mpesa_payments", f"INSERT ({names}) ON mpesa_payments"]
    with served.account(*rights(served, *on_columns)) as url:
        assert list(served.adapter(url).check(live=True)) == []
        assert deliver(served, url) == (DELIVERED, "inserted")
        assert deliver(served, url) == (DUPLICATE, "already_there")


def test_without_the_right_to_insert_it_is_told_and_rejected(served: Customer) -> None:
    with served.account(*rights(served, "SELECT ON mpesa_payments")) as url:
        (told,) = served.adapter(url).check(live=True)
        assert told.startswith("The account may not write there: grant it INSERT and SELECT.")
        assert deliver(served, url) == (REJECTED, "no_permission")
    assert served.rows() == []


@pytest.mark.not_on("mysql", why="read_only of MariaDB is the whole server's")
def test_read_only_is_temporary(served: Customer) -> None:
    served.run(f"ALTER DATABASE {served.url.database} SET default_transaction_read_only = on")
    assert deliver(served) == (RETRY, "read_only")
    engine = create_engine(served.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        connection.exec_driver_sql(f"ALTER DATABASE {served.url.database} RESET default_transaction_read_only")
    engine.dispose()
    assert deliver(served) == (DELIVERED, "inserted")


def test_a_rule_of_the_table_is_told_in_its_words_without_the_payer(served: Customer) -> None:
    served.run("ALTER TABLE mpesa_payments ADD CONSTRAINT no_wanjiku CHECK (payer <> 'WANJIKU')")
    verdict = served.adapter().deliver(sample_event(), MemoryProgress())
    assert outcome(verdict) == (REJECTED, "constraint")
    assert verdict.answer
    assert "***" in verdict.answer


def test_a_trigger_that_quotes_the_payer(served: Customer) -> None:
    if served.backend == "postgresql":
        served.run(
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN RAISE EXCEPTION ''no % from %'', NEW.payer, ''254712345678''; END'",
            "CREATE TRIGGER no BEFORE INSERT ON mpesa_payments FOR EACH ROW EXECUTE FUNCTION no()",
        )
    else:
        served.run(
            "CREATE TRIGGER no BEFORE INSERT ON mpesa_payments FOR EACH ROW BEGIN "
            "SET @said = CONCAT('no ', NEW.payer, ' from 254712345678'); "
            "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = @said; END"
        )
    verdict = served.adapter().deliver(sample_event(), MemoryProgress())
    assert outcome(verdict) == (REJECTED, "refused")
    assert verdict.answer == "no *** from ***"


@pytest.mark.not_on("mysql", why="triggers of MariaDB cannot")
def test_a_trigger_that_keeps_the_row_out_in_silence(served: Customer) -> None:
    served.run(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER no BEFORE INSERT ON mpesa_payments FOR EACH ROW EXECUTE FUNCTION no()",
    )
    assert deliver(served) == (RETRY, "not_there")


def test_a_deadlock_is_tried_again(served: Customer) -> None:
    engine = create_engine(served.url)
    adapter = served.adapter(timeout=timedelta(seconds=10))
    insert = text("INSERT INTO mpesa_payments (receipt, amount) VALUES (:receipt, 1)")
    with engine.connect() as other, ThreadPoolExecutor(1) as pool:
        other.execute(insert, {"receipt": "UC00000002"})
        batch = pool.submit(adapter.deliver_many, [numbered(1), numbered(2)])
        time.sleep(1)
        try:
            # The batch has 1 and waits for 2: one of both has to give way.
            other.execute(insert, {"receipt": "UC00000001"})
        except DBAPIError:
            other.rollback()
        verdicts = batch.result()
        other.rollback()
    engine.dispose()
    assert {outcome(verdict) for verdict in verdicts} in [{(RETRY, "deadlock")}, {(DELIVERED, "inserted")}]
    assert {verdict.result for verdict in adapter.deliver_many([numbered(1), numbered(2)])} <= {DELIVERED, DUPLICATE}
    assert [row["receipt"] for row in served.rows()] == ["UC00000001", "UC00000002"]


def test_a_connection_that_was_killed_meanwhile_is_replaced(served: Customer) -> None:
    adapter = served.adapter()
    assert adapter.deliver(numbered(1), MemoryProgress()).reason == "inserted"
    kill_others(served)
    assert adapter.deliver(numbered(2), MemoryProgress()).reason == "inserted"


def kill_others(table: Customer) -> None:
    if table.backend == "postgresql":
        table.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                  "AND pid <> pg_backend_pid()")  # fmt: skip
        return
    for row in table.rows(
        "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
    ):
        # It may have gone by itself meanwhile.
        with suppress(DBAPIError):
            table.run(f"KILL {row['id']}")


def test_connections_that_are_killed_all_the_time_leave_each_row_once(served: Customer) -> None:
    """Now and then that is at the commit, and nobody knows its outcome: the unique key does."""
    adapter = served.adapter()
    left = [numbered(n) for n in range(300)]
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(0.05):
            kill_others(served)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        for _ in range(60):
            batch, left = left[:15], left[15:]
            verdicts = adapter.deliver_many(batch)
            assert {verdict.result for verdict in verdicts} <= {DELIVERED, DUPLICATE, RETRY}
            left += [each for each, verdict in zip(batch, verdicts, strict=True) if verdict.result is RETRY]
    finally:
        stop.set()
        killer.join()
    assert {verdict.result for verdict in adapter.deliver_many(left)} <= {DELIVERED, DUPLICATE}
    assert sorted(row["receipt"] for row in served.rows()) == [f"UC{n:08}" for n in range(300)]


# A server that is restarted.


@pytest.fixture(scope="module")
def own_server() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_costs_a_retry(own_server: Cluster, mode: str) -> None:
    table = Customer("postgresql", own_server.url)
    table.run("DROP TABLE IF EXISTS mpesa_payments", TABLE, UNIQUE)
    adapter = table.adapter()
    try:
        assert outcome(adapter.deliver(numbered(1), MemoryProgress())) == (DELIVERED, "inserted")
        own_server.stop(mode)
        assert outcome(adapter.deliver(numbered(2), MemoryProgress())) == (RETRY, "no_connection")
        own_server.start()
        assert outcome(adapter.deliver(numbered(2), MemoryProgress())) == (DELIVERED, "inserted")
        assert outcome(adapter.deliver(numbered(1), MemoryProgress())) == (DUPLICATE, "already_there")
    finally:
        table.close()


def test_restarts_in_the_middle_of_batches_leave_each_row_once(own_server: Cluster) -> None:
    table = Customer("postgresql", own_server.url)
    table.run("DROP TABLE IF EXISTS mpesa_payments", TABLE, UNIQUE)
    adapter = table.adapter()
    waiting = [numbered(n) for n in range(600)]

    def restart() -> None:
        for _ in range(3):
            time.sleep(0.3)
            own_server.stop("immediate")
            own_server.start()

    with ThreadPoolExecutor(1) as pool:
        restarted = pool.submit(restart)
        deadline = time.monotonic() + 90
        while waiting or not restarted.done():
            assert time.monotonic() < deadline
            batch, waiting = waiting[:30], waiting[30:]
            verdicts = adapter.deliver_many(batch) if batch else []
            assert {verdict.result for verdict in verdicts} <= {DELIVERED, DUPLICATE, RETRY}
            waiting += [each for each, verdict in zip(batch, verdicts, strict=True) if verdict.result is RETRY]
            time.sleep(0.01)
        restarted.result()
    table.close()
    assert sorted(row["receipt"] for row in table.rows()) == [f"UC{n:08}" for n in range(600)]


# SQLite's own troubles.


@contextmanager
def connections_with(pragma: str) -> Iterator[None]:
    """Have every SQLite connection of this process begin with a PRAGMA, as a full disk would be the same for all."""

    def set_up(connection: Any, _record: Any) -> None:
        connection.execute(pragma)

    event.listen(Engine, "connect", set_up)
    try:
        yield
    finally:
        event.remove(Engine, "connect", set_up)


def test_a_full_disk_is_tried_again_and_leaves_nothing_half(tmp_path: Path) -> None:
    with customer("sqlite", tmp_path) as table:
        (pages,) = table.rows("SELECT page_count AS n FROM pragma_page_count()")
        adapter = table.adapter(columns={**COLUMNS, "payer": "{{ payer.name }}"})
        events = [numbered(n, payer=Party(name="W" * 60)) for n in range(500)]
        with connections_with(f"PRAGMA max_page_count = {pages['n'] + 1}"):
            verdicts = adapter.deliver_many(events)
            assert {outcome(verdict) for verdict in verdicts} == {(RETRY, "full")}
        assert table.rows() == []
        assert {outcome(verdict) for verdict in adapter.deliver_many(events)} == {(DELIVERED, "inserted")}


def test_a_file_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    with customer("sqlite", tmp_path) as table, connections_with("PRAGMA query_only = 1"):
        assert deliver(table) == (RETRY, "read_only")


def test_a_file_that_is_no_database_is_tried_again(tmp_path: Path) -> None:
    with customer("sqlite", tmp_path) as table:
        (tmp_path / "erp.db").write_bytes(b"this is no database" * 1000)
        assert deliver(table) == (RETRY, "database_error")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with customer("sqlite", tmp_path) as table:
        assert deliver(table, table.url.set(database=str(tmp_path / "no" / "erp.db"))) == (RETRY, "no_file")
        assert deliver(table, table.url.set(database=str(tmp_path / "no" / "erp.db")), create_table=True) == (
            RETRY,
            "no_connection",
        )


# Words.


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('invalid input syntax for type integer: "Wanjiku K"', "invalid input syntax for type integer: ***"),
        ("Duplicate entry 'O'Brien' for key 'payer'", "Duplicate entry *** for key 'payer'"),
        ("Incorrect value: '\\xF0\\x9F' for column `x`.`name`", "Incorrect value: *** for column `x`.`name`"),
        ("Data too long for column 'name' at row 1", "Data too long for column 'name' at row 1"),
        ('null value in column "receipt" violates', 'null value in column "receipt" violates'),
        ("sorry wanjiku, 0712345678 is no customer", "sorry ***, *** is no customer"),
        ("cannot reach postgresql://u:pw-3f9c0d5e81@db/x", "cannot reach ***"),
        ("password pw-3f9c0d5e81 is wrong\nDETAIL: the whole row", "password *** is wrong"),
        ("\x1b[31mred", " [31mred"),
    ],
)  # fmt: skip
def test_what_the_database_says_is_told_without_its_values(said: str, told: str) -> None:
    assert shown(said, sample_event(), Secret("postgresql://u:pw-3f9c0d5e81@db/x")) == told


def test_long_words_are_cut() -> None:
    assert len(shown("x" * 5000, None, Secret("sqlite:///x.db"))) == 300
