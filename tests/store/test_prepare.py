"""A store that cannot be used says so in a sentence, before anything is started."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from opened_store import Store

from gateway.domain.errors import StoreError
from gateway.domain.settings import Secret
from gateway.store.lock import StoreLock
from gateway.store.prepare import prepare, require
from gateway.store.queries import events, reading
from gateway.store.tables import SCHEMA_VERSION


def at(path: Path) -> Secret:
    return Secret(f"sqlite:///{path}")


def sentence_of(act: object, *args: object) -> str:
    with pytest.raises(StoreError) as caught:
        act(*args)  # type: ignore[operator]
    return str(caught.value)


def test_preparing_twice_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    before = store.query("SELECT name, sql FROM sqlite_master ORDER BY name")
    prepare(store.url)
    assert store.query("SELECT name, sql FROM sqlite_master ORDER BY name") == before
    assert store.query("PRAGMA journal_mode") == [("wal",)]


@pytest.mark.parametrize("act", [prepare, lambda url: StoreLock(url).__enter__()], ids=["prepare", "lock"])
def test_a_folder_that_is_not_there(tmp_path: Path, act: object) -> None:
    said = sentence_of(act, at(tmp_path / "no" / "pesagate.db"))
    assert said == f"store.url: the folder {tmp_path / 'no'} does not exist; create it, or name another one."


@pytest.mark.parametrize("act", [prepare, require], ids=["prepare", "require"])
def test_a_file_that_is_no_database(tmp_path: Path, act: object) -> None:
    """`pesagate events` ended in a traceback."""
    file = tmp_path / "pesagate.db"
    file.write_bytes(b"certainly no database " * 500)
    assert sentence_of(act, at(file)) == f"store.url: the database {file} cannot be used: file is not a database."
    assert file.read_bytes() == b"certainly no database " * 500


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    assert sentence_of(prepare, at(tmp_path)) == (
        f"store.url: the database {tmp_path} cannot be used: unable to open database file."
    )


@pytest.mark.parametrize("act", [prepare, require], ids=["prepare", "require"])
def test_tables_of_another_version(tmp_path: Path, act: object) -> None:
    store = Store(tmp_path)
    store.query("UPDATE meta SET value = '7' WHERE key IN ('schema_version', 'compatible_from')")
    assert sentence_of(act, store.url) == (
        f"The store has tables of version 7, this release needs {SCHEMA_VERSION}: use the release that made the store."
    )


@pytest.mark.parametrize("act", [prepare, require], ids=["prepare", "require"])
def test_tables_of_an_older_version_and_the_command_that_helps(tmp_path: Path, act: object) -> None:
    store = Store(tmp_path)
    store.query("UPDATE meta SET value = '0' WHERE key IN ('schema_version', 'compatible_from')")
    store.query("DROP TABLE questions")
    assert sentence_of(act, store.url, Path("my shop/pesagate.yaml")) == (
        f"The store has tables of version 0, this release needs {SCHEMA_VERSION}: run `pesagate migrate -c "
        "'my shop/pesagate.yaml'`, after a `pesagate backup FILE -c 'my shop/pesagate.yaml'`."
    )
    # Nothing is made in passing.
    assert store.query("SELECT name FROM sqlite_master WHERE name = 'questions'") == []


@pytest.mark.parametrize("act", [prepare, require], ids=["prepare", "require"])
def test_tables_of_a_newer_version_that_knows_this_release(tmp_path: Path, act: object) -> None:
    store = Store(tmp_path)
    store.query("UPDATE meta SET value = '7' WHERE key = 'schema_version'")
    act(store.url)  # type: ignore[operator]


@pytest.mark.parametrize("act", [prepare, require], ids=["prepare", "require"])
@pytest.mark.parametrize("value", ["", "two", None])
def test_tables_that_do_not_say_their_version(tmp_path: Path, act: object, value: str | None) -> None:
    store = Store(tmp_path)
    store.query("DELETE FROM meta") if value is None else store.query("UPDATE meta SET value = ?", value)
    assert sentence_of(act, store.url) == (
        "The store does not say which version its tables have: it is no whole store, restore a backup."
    )


def test_a_store_that_is_not_there_yet(tmp_path: Path) -> None:
    file = tmp_path / "pesagate.db"
    assert sentence_of(require, at(file)) == f"There is no store at {file} yet: `pesagate serve` creates it."
    assert not file.exists()


def test_somebody_elses_database(tmp_path: Path) -> None:
    file = tmp_path / "pesagate.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE mine (x)")
    assert sentence_of(require, at(file)) == f"The file {file} is not a Pesagate store: check store.url."


def test_who_only_looks_waits_for_no_writer(tmp_path: Path) -> None:
    """Commands that only read took the write lock, and failed after 10 s where a writer had it."""
    store = Store(tmp_path)
    started = time.monotonic()
    with store.locked(), reading(require(store.url)) as connection:
        assert list(events(connection)) == []
    assert time.monotonic() - started < 8


def test_who_only_looks_hinders_no_writer(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with reading(require(store.url)) as connection:
        assert list(events(connection)) == []
        store.query("INSERT INTO meta VALUES ('written', 'meanwhile')")
    assert store.query("SELECT value FROM meta WHERE key = 'written'") == [("meanwhile",)]


def test_a_second_gateway_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with StoreLock(store.url):
        assert sentence_of(StoreLock(store.url).__enter__) == (
            f"Another gateway is running on this store ({store.file}.lock is locked): stop it first, or give this one "
            "a store of its own (store.url)."
        )
    with StoreLock(store.url):
        pass


def test_a_lock_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "pesagate.db.lock").mkdir()
    said = sentence_of(StoreLock(at(tmp_path / "pesagate.db")).__enter__)
    assert said == f"store.url: {tmp_path / 'pesagate.db.lock'} cannot be written: Is a directory."
