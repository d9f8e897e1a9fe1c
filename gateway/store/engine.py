"""Connections to the store, each with the settings that keep promises.

On either database one transaction writes at a time, so that whatever it has read stays true until it commits. On SQLite
the file's lock sees to it, on PostgreSQL a lock of ours that a transaction takes when it begins.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
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

_LIBPQ: Mapping[str, Any] = {
    "application_name": "pesagate",
    "connect_timeout": 5,
    # A server that is gone, or a network that is cut, is noticed within 15 s.
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
}
"""How a server is reached, where the URL says nothing else. Times in seconds, the last one in milliseconds."""

_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
"""A server may be set to acknowledge commits that are not on its disk yet: ours have to be."""

WRITER_LOCK = 5065736167617465
"""The number of the advisory lock that whoever writes to a store holds: any that nobody else would choose."""

_BEGIN_WRITING = (
    # About as long as SQLite's writers wait for each other.
    "SET LOCAL lock_timeout = '12s'; "
    # One that stands still with the lock, or has lost its network, keeps out everybody: the server ends it, before
    # those who wait have lost patience.
    "SET LOCAL idle_in_transaction_session_timeout = '8s'; "
    f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"
)
_BEGIN_READING = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


def open_engine(store_url: Secret) -> Engine:
    """Return an engine on the store. Connections are made by the thread that uses them and are not pooled."""
    url = make_url(store_url.reveal())
    way = _WAYS[url.get_backend_name()]
    engine = create_engine(url, poolclass=NullPool, connect_args=way.arguments(url.query))
    event.listen(engine, "connect", way.configure)
    event.listen(engine, "begin", way.begin)
    return engine


class _Sqlite:
    @staticmethod
    def arguments(_query: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    @staticmethod
    def configure(connection: Any, _record: Any) -> None:
        # The driver's own transactions begin only at the first write, which lets a reader's view go stale under it;
        # ours begin where SQLAlchemy says so.
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @staticmethod
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if _only_reads(connection) else "BEGIN IMMEDIATE")


class _Postgresql:
    @staticmethod
    def arguments(query: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in _LIBPQ.items() if name not in query}

    @staticmethod
    def configure(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_DURABLE)
        connection.commit()

    @staticmethod
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(_BEGIN_READING if _only_reads(connection) else _BEGIN_WRITING)


_WAYS: Mapping[str, Any] = {"sqlite": _Sqlite, "postgresql": _Postgresql}


def _only_reads(connection: Connection) -> bool:
    only: bool = connection.get_execution_options().get("reads_only", False)
    return only
