"""Getting a store ready, once, before any child is started: the file, its journal mode, its tables, its version."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

import gateway.store.export_tables  # noqa: F401 (its tables are made with all others)
from gateway.domain.errors import StoreError
from gateway.domain.settings import Secret
from gateway.store.engine import open_engine
from gateway.store.tables import META, METADATA, SCHEMA_VERSION


def database_file(store_url: Secret) -> Path | None:
    """Return the file of an SQLite store, None for a store in memory."""
    name = make_url(store_url.reveal()).database
    return Path(name) if name and name != ":memory:" else None


def require_folder(database: Path | None) -> None:
    """Raise StoreError where the folder of an SQLite store is not there."""
    if database is not None and not database.parent.is_dir():
        raise StoreError(f"store.url: the folder {database.parent} does not exist; create it, or name another one.")


def prepare(store_url: Secret) -> None:
    """Create what is missing and check the version. Raises StoreError with what to do.

    The switch to WAL ignores the busy time-out, so that it happens here, before there is anybody to collide with.
    """
    path = database_file(store_url)
    require_folder(path)
    with _telling(path):
        _switch_to_wal(path)
        with open_engine(store_url).begin() as connection:
            METADATA.create_all(connection)
            if _version(connection) is None:
                connection.execute(insert(META).values(key="schema_version", value=str(SCHEMA_VERSION)))
            _check_version(connection)


def require(store_url: Secret) -> Engine:
    """Return an engine on a store that is there already, for commands that only read. Raises StoreError."""
    path = database_file(store_url)
    if path is not None and not path.is_file():
        raise StoreError(f"There is no store at {path} yet: `pesagate serve` creates it.")
    engine = open_engine(store_url)
    # Reading only: who looks must not wait for those who write, nor make them wait.
    with _telling(path), engine.connect().execution_options(reads_only=True) as connection:
        if not inspect(connection).has_table(META.name):
            raise StoreError(f"The file {path} is not a Pesagate store: check store.url.")
        _check_version(connection)
    return engine


@contextmanager
def _telling(path: Path | None) -> Iterator[None]:
    """Turn what the database says into an error for a person."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise StoreError(f"store.url: the database {path} cannot be used: {cause}.") from error


def _switch_to_wal(path: Path | None) -> None:
    if path is None:
        return
    connection = sqlite3.connect(path, timeout=10)
    try:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    finally:
        connection.close()
    if mode != "wal":
        raise StoreError(f"store.url: SQLite cannot use its write-ahead log for {path}: put it on a local disk.")


def _version(connection: Connection) -> str | None:
    version: str | None = connection.scalar(select(META.c.value).where(META.c.key == "schema_version"))
    return version


def _check_version(connection: Connection) -> None:
    found = _version(connection)
    if found != str(SCHEMA_VERSION):
        raise StoreError(
            f"The store has tables of version {found}, this release needs {SCHEMA_VERSION}: "
            "use the release that made the store."
        )
