"""A backup is one moment of the store, whole, or not there."""

import os
import shlex
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from arrivals import arrival
from databases import own_database, run
from opened_store import Store
from simulated import c2b

from gateway.domain.errors import StoreError
from gateway.domain.settings import Secret
from gateway.domain.times import utc_now
from gateway.pipeline.settle import settle
from gateway.store.backup import backup, other_way
from gateway.store.inbox import Inbox


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "store").mkdir()
    made = Store(tmp_path / "store")
    pay(made, *(f"UB{number}" for number in range(50)))
    return made


def pay(store: Store, *receipts: str) -> None:
    with store.engine.begin() as connection:
        Inbox(settle, utc_now)(connection, [arrival("c2b-confirmation", c2b(receipt)) for receipt in receipts])


def rows(file: Path, sql: str = "SELECT identity FROM callbacks ORDER BY id") -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_all_that_is_committed_is_in_it_and_it_is_one_file(store: Store, tmp_path: Path) -> None:
    size = backup(store.url, tmp_path / "copy.db")
    assert left_in(tmp_path) == ["copy.db"]
    assert (tmp_path / "copy.db").stat().st_size == size
    assert rows(tmp_path / "copy.db") == store.query("SELECT identity FROM callbacks ORDER BY id")
    assert rows(tmp_path / "copy.db", "PRAGMA journal_mode") == [("delete",)]
    # Payers' names and numbers are in it.
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


def test_what_is_not_committed_is_not_in_it(store: Store, tmp_path: Path) -> None:
    with store.engine.begin() as connection:
        Inbox(settle, utc_now)(connection, [arrival("c2b-confirmation", c2b("UNOTYET"))])
        backup(store.url, tmp_path / "copy.db")
    assert ("UNOTYET",) not in rows(tmp_path / "copy.db")
    assert ("UNOTYET",) in store.query("SELECT identity FROM callbacks")


def test_it_is_of_one_moment_however_much_comes_meanwhile(store: Store, tmp_path: Path) -> None:
    """With each commit the copy would have begun anew, so that under load it would never have ended."""
    store.query("CREATE TABLE ballast AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 12000)"
                " SELECT i, randomblob(2000) AS b FROM n")  # fmt: skip
    seen: list[int] = []

    def commit(done: int, _total: int) -> None:
        seen.append(done)
        pay(store, f"UMEANWHILE{len(seen)}")

    before = store.query("SELECT identity FROM callbacks ORDER BY id")
    backup(store.url, tmp_path / "copy.db", commit)
    assert len(seen) > 3
    assert seen == sorted(seen)
    assert rows(tmp_path / "copy.db") == before
    assert len(store.query("SELECT identity FROM callbacks")) == len(before) + len(seen)


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", ".lock"])
def test_the_store_itself_is_no_place_for_it(store: Store, tmp_path: Path, ending: str) -> None:
    (tmp_path / "link").symlink_to(store.file.parent)
    for folder in (store.file.parent, tmp_path / "link"):
        with pytest.raises(StoreError, match="belongs to the store itself: name another file"):
            backup(store.url, folder / f"pesagate.db{ending}")
    assert len(store.query("SELECT id FROM callbacks")) == 50


def test_a_folder_and_a_place_that_is_not_there(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder: name a file in it"):
        backup(store.url, tmp_path)
    with pytest.raises(StoreError, match="does not exist: create it"):
        backup(store.url, tmp_path / "no" / "copy.db")


def test_one_that_is_there_is_replaced_at_once_or_not_at_all(store: Store, tmp_path: Path) -> None:
    backup(store.url, tmp_path / "copy.db")
    before = (tmp_path / "copy.db").read_bytes()
    pay(store, "ULATER")
    with store.file.open("r+b") as file:
        store.query("PRAGMA wal_checkpoint(TRUNCATE)")
        file.seek(3 * 4096)
        file.write(b"\xa5" * 4096 * 8)
    with pytest.raises(StoreError, match=r"copy\.db was not made: "):
        backup(store.url, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_bytes() == before
    assert left_in(tmp_path) == ["copy.db"]


BACKUP = """
import resource, signal, sys
from pathlib import Path
from gateway.domain.errors import StoreError
from gateway.domain.settings import Secret
from gateway.store.backup import backup
if len(sys.argv) > 3:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    backup(Secret(sys.argv[1]), Path(sys.argv[2]))
except StoreError as error:
    print(error)
"""


def in_a_process(store: Store, file: Path, *limit: str, **environment: str) -> subprocess.CompletedProcess[str]:
    args = [sys.executable, "-c", BACKUP, store.url.reveal(), file, *limit]
    return subprocess.run(args, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def test_a_disk_that_is_full_leaves_the_one_of_before(store: Store, tmp_path: Path) -> None:
    backup(store.url, tmp_path / "copy.db")
    before = (tmp_path / "copy.db").read_bytes()
    said = in_a_process(store, tmp_path / "copy.db", "40000").stdout
    assert said.startswith(f"The backup {tmp_path / 'copy.db'} was not made: ")
    assert (tmp_path / "copy.db").read_bytes() == before
    assert left_in(tmp_path) == ["copy.db"]


def test_killed_before_it_has_its_name_it_leaves_the_one_of_before_and_is_run_again(
    store: Store, tmp_path: Path
) -> None:
    backup(store.url, tmp_path / "copy.db")
    pay(store, "ULATER")
    plan = {"PESAGATE_CRASH_AT": f"before_backup:1:{tmp_path / 'crashed'}"}
    assert in_a_process(store, tmp_path / "copy.db", **plan).returncode == -signal.SIGKILL
    assert ("ULATER",) not in rows(tmp_path / "copy.db")
    assert in_a_process(store, tmp_path / "copy.db", **plan).returncode == 0
    assert ("ULATER",) in rows(tmp_path / "copy.db")
    assert left_in(tmp_path) == ["copy.db", "crashed"]


def test_two_at_once_do_not_write_into_each_other(store: Store, tmp_path: Path) -> None:
    def second(_done: int, _total: int) -> None:
        with pytest.raises(StoreError, match=r"Another backup to .* is being made"):
            backup(store.url, tmp_path / "copy.db")

    backup(store.url, tmp_path / "copy.db", second)
    assert rows(tmp_path / "copy.db") == store.query("SELECT identity FROM callbacks ORDER BY id")


def test_for_a_server_the_command_is_told_without_the_password(tmp_path: Path) -> None:
    url = Secret("postgresql+psycopg://me:hunter2@db.example:5433/pay?sslmode=require")
    assert other_way(url, tmp_path / "a b.dump") == (
        f"pg_dump --format=custom '--file={tmp_path}/a b.dump' "
        "'--dbname=postgresql://me@db.example:5433/pay?sslmode=require'"
    )
    assert other_way(Secret("sqlite:///x.db"), tmp_path) is None


def test_the_command_for_a_server_works(tmp_path: Path) -> None:
    with own_database("postgresql") as url:
        run(url, "CREATE TABLE kept (x int)")
        command = other_way(Secret(url.render_as_string(hide_password=False)), tmp_path / "pay.dump")
        assert command is not None
        words = shlex.split(command)
        assert words[0] == "pg_dump"
        if shutil.which("pg_dump"):
            subprocess.run(words, check=True)
            listed = subprocess.run(["pg_restore", "--list", tmp_path / "pay.dump"], capture_output=True, check=True)
            assert b"TABLE public kept" in listed.stdout
