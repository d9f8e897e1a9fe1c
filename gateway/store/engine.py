"""Connections to the store: one engine for the writer, one for readers, each with the settings that keep promises."""

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from gateway.domain.settings import Secret

_PRAGMAS = (
    # In WAL, FULL makes every commit wait for the disk: what is acknowledged survives a power cut. Grouped commits
    # make it nearly free, so that there is no weaker setting to choose.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
    # A page that is written again and again between two checkpoints is copied into the database once.
    "PRAGMA wal_autocheckpoint = 4000",
    # What is added lies side by side and what is looked up is mostly of today: more would only be memory.
    "PRAGMA cache_size = -8192",
)


def open_engine(store_url: Secret) -> Engine:
    """Return an engine on the store. Connections are made by the thread that uses them and are not pooled."""
    engine = create_engine(make_url(store_url.reveal()), poolclass=NullPool)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin only at the first write, which lets a reader's view go stale under it; ours
    # begin where SQLAlchemy says so.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Any) -> None:
    reading = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
