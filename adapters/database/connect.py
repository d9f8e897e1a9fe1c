"""Connections to the customer's database: few, checked before use, and none that waits for ever."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from gateway.domain.settings import Secret

POOL_SIZE = 2
_AT_MOST = 10
_RECYCLE_S = 300


class NoFile(Exception):
    """There is no such SQLite file. SQLite itself would make an empty one."""


class NotConnected(Exception):
    """No connection could be made, so that nothing was sent. `error` says why."""

    def __init__(self, error: SQLAlchemyError) -> None:
        super().__init__()
        self.error = error


def open_engine(secret: Secret, seconds: float) -> Engine:
    """Return an engine whose connections give up after `seconds`. Raises what `fault_of` tells of."""
    url = make_url(secret.reveal())
    bounds = _BOUNDS.get(url.get_driver_name(), _no_bounds)(seconds)
    # What the URL says itself counts.
    own = {name: value for name, value in bounds.items() if name not in url.query}
    engine = create_engine(url, connect_args=own, hide_parameters=True, **_pool(url, seconds))
    if engine.dialect.name in ("mysql", "mariadb"):
        event.listen(engine, "connect", lambda connection, _record: _set_up_mysql(connection, seconds))
    return engine


def fault_of(secret: Secret) -> str | None:
    """Return why a URL leads to no database from here, whatever it holds; None where it might."""
    try:
        url = make_url(secret.reveal())
        dialect = url.get_dialect()
        dialect.import_dbapi()
    except NoSuchModuleError:
        return "SQLAlchemy has no dialect of that name: install the one that the database needs."
    except (ArgumentError, ValueError):
        return "it is none that SQLAlchemy understands; write one such as postgresql+psycopg://user@host/name."
    except ImportError as error:
        return f"the driver {error.name} is not installed: install it beside pesagate."
    if dialect.is_async:
        return "its driver is an asynchronous one; use another, such as psycopg for PostgreSQL."
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        return "the database must be a file."
    return None


@contextmanager
def transaction(engine: Engine, seconds: float) -> Iterator[Connection]:
    """Give a connection in a bounded transaction, committed at the end. Raises NotConnected before it."""
    try:
        opened = engine.connect()
    except SQLAlchemyError as error:
        raise NotConnected(error) from error
    with opened as connection, connection.begin():
        _bound(connection, seconds)
        yield connection


def _bound(connection: Connection, seconds: float) -> None:
    """Bound the statements of the transaction that begins now, where that is done by a statement."""
    if connection.dialect.name == "postgresql":
        # For this transaction alone: behind a pooler the session is somebody else's next.
        connection.execute(_LIMITS, {"whole": _ms(seconds), "lock": _ms(_lock_wait(seconds))})


_LIMITS = text(
    "SELECT set_config('statement_timeout', :whole, true), set_config('lock_timeout', :lock, true), "
    # A gateway that is frozen or cut off must not keep the customer's rows locked.
    "set_config('idle_in_transaction_session_timeout', :whole, true)"
)


def _ms(seconds: float) -> str:
    return str(round(seconds * 1000))


def require_file(url: URL) -> None:
    """Raise NoFile where an SQLite URL leads to none."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise NoFile


def _lock_wait(seconds: float) -> float:
    # A little less than the whole, so that the database tells what was waited for.
    return seconds * 0.8


def _pool(url: URL, seconds: float) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        # Opening costs nothing, and a file that was put in the place of another is seen.
        return {"poolclass": NullPool}
    isolation = {"isolation_level": "READ COMMITTED"} if url.get_backend_name() in _READ_COMMITTED else {}
    return {
        "pool_size": POOL_SIZE,
        "max_overflow": _AT_MOST - POOL_SIZE,
        "pool_timeout": seconds,
        "pool_pre_ping": True,
        "pool_recycle": _RECYCLE_S,
        # What another gateway has committed meanwhile must be seen within the transaction.
        **isolation,
    }


_READ_COMMITTED = frozenset({"postgresql", "mysql", "mariadb"})


def _set_up_mysql(connection: Any, seconds: float) -> None:
    cursor = connection.cursor()
    # Otherwise a value that does not fit is cut or changed with no more than a warning. The comment is MariaDB's alone.
    cursor.execute(
        "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE'), "
        f"/*M! max_statement_time = {seconds:g}, */ innodb_lock_wait_timeout = {max(1, int(_lock_wait(seconds)))}"
    )
    cursor.close()


def _no_bounds(_seconds: float) -> dict[str, Any]:
    return {}


def _postgresql(seconds: float) -> dict[str, Any]:
    # The keep-alives, and the time-out for what is sent, end the wait for a host that has gone without a word.
    return {
        "connect_timeout": max(2, round(seconds)),
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": round(seconds * 1000) + 5000,
        "application_name": "pesagate",
    }


def _mysql(seconds: float) -> dict[str, Any]:
    # The statement's own time-out comes first.
    whole = max(1, round(seconds))
    return {"connect_timeout": whole, "read_timeout": whole + 2, "write_timeout": whole + 2}


# Driver -> how it is told to wait no longer than so many seconds. One that is not here has the bounds of its URL.
_BOUNDS: Mapping[str, Callable[[float], dict[str, Any]]] = {
    "psycopg": _postgresql,
    "psycopg2": _postgresql,
    "pymysql": _mysql,
    "mysqldb": _mysql,
    "pysqlite": lambda seconds: {"timeout": seconds},
    "pyodbc": lambda seconds: {"timeout": max(1, round(seconds))},
}
