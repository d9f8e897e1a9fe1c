"""Getting a store ready, once, before any child is started: the file, its journal mode, its tables, its version."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

import gateway.store.export_tables  # noqa: F401 (its tables are made with all others)
from gateway.domain.errors import StoreError
from gateway.domain.settings import Secret
from gateway.store import adapter_state, audit, lanes, leases  # noqa: F401 (their tables are among those that are made)
from gateway.store.columns import METADATA
from gateway.store.engine import open_engine
from gateway.store.tables import COMPATIBLE_FROM, META, SCHEMA_VERSION
from gateway.store.version import Version, objection, read_version, write_version


def database_file(store_url: Secret) -> Path | None:
    """Return the file of an SQLite store, None for a store on a server."""
    url = make_url(store_url.reveal())
    name = url.database if url.get_backend_name() == "sqlite" else None
    return Path(name) if name and name != ":memory:" else None


def require_folder(database: Path | None) -> None:
    """Raise StoreError where the folder of an SQLite store is not there."""
    if database is not None and not database.parent.is_dir():
        raise StoreError(f"store.url: the folder {database.parent} does not exist; create it, or name another one.")


def prepare(store_url: Secret, config: Path | None = None) -> None:
    """Create a store that is not there, check the version of one that is. Raises StoreError with what to do.

    The switch to WAL ignores the busy time-out, so that it happens here, before there is anybody to collide with.
    `config` is the configuration file, for the command that an error names.
    """
    path = database_file(store_url)
    require_folder(path)
    with telling(store_url):
        _switch_to_wal(path)
        with open_engine(store_url).begin() as connection:
            if not _is_store(connection):
                METADATA.create_all(connection)
                write_version(connection, Version(SCHEMA_VERSION, COMPATIBLE_FROM))
            _check_version(connection, config)


def require(store_url: Secret, config: Path | None = None) -> Engine:
    """Return an engine on a store that is there already and fits this release. Raises StoreError with what to do."""
    engine = existing(store_url)
    # Reading only: who looks must not wait for those who write, nor make them wait.
    with telling(store_url), engine.connect().execution_options(reads_only=True) as connection:
        _check_version(connection, config)
    return engine


def existing(store_url: Secret) -> Engine:
    """Return an engine on a store that is there, whatever its version. Raises StoreError where there is none."""
    path = database_file(store_url)
    if path is not None and not path.is_file():
        raise StoreError(f"There is no store at {path} yet: `pesagate serve` creates it.")
    engine = open_engine(store_url)
    with telling(store_url), engine.connect().execution_options(reads_only=True) as connection:
        if not _is_store(connection):
            raise StoreError(_no_store(store_url))
    return engine


def named(store_url: Secret) -> str:
    """Return the store's name for people: its file, or its URL without the password."""
    path = database_file(store_url)
    return make_url(store_url.reveal()).render_as_string() if path is None else str(path)


def _no_store(store_url: Secret) -> str:
    if database_file(store_url) is None:
        return f"There is no store in {named(store_url)} yet: `pesagate serve` creates it."
    return f"The file {named(store_url)} is not a Pesagate store: check store.url."


@contextmanager
def telling(store_url: Secret) -> Iterator[None]:
    """Turn what the database says into an error for a person."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        told = " ".join(str(cause).split())
        raise StoreError(f"store.url: the database {named(store_url)} cannot be used: {told.rstrip('.')}.") from error


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


def _is_store(connection: Connection) -> bool:
    return inspect(connection).has_table(META.name)


def _check_version(connection: Connection, config: Path | None) -> None:
    said = objection(read_version(connection), SCHEMA_VERSION, config)
    if said is not None:
        raise StoreError(said)
