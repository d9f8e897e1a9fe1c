"""References from a database: the first column of a query, through SQLAlchemy and whatever driver is installed."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from gateway.domain.references import DatabaseSource
from gateway.references.unreadable import MOST_REFERENCES, TOO_MANY, Unreadable

_DIGITS = re.compile(r"\d{5,}")
_ROWS_AT_ONCE = 5_000


def read_query(source: DatabaseSource, timeout: timedelta) -> list[str]:
    """Return the first column of all rows, without the nulls. What the query changes is not kept. Raises Unreadable."""
    url = make_url(source.url.reveal())
    _require_file(url)
    try:
        engine = _engine(url, timeout)
        with engine.connect() as connection:
            return _first_column(connection, source.query)
    except (SQLAlchemyError, ImportError, ValueError, OSError) as error:
        raise Unreadable(_told(error)) from None


def fault_of_url(source: DatabaseSource) -> str | None:
    """Return why no such database can be reached from here, whatever it holds; None where it might be."""
    try:
        _engine(make_url(source.url.reveal()), timedelta(seconds=1))
    except NoSuchModuleError:
        return "SQLAlchemy has no dialect of that name: install the one that the database needs."
    except ArgumentError:
        return "the URL is none that SQLAlchemy understands."
    except ImportError as error:
        return f"the driver {error.name} is not installed: install it beside pesagate."
    return None


def _engine(url: URL, timeout: timedelta) -> Engine:
    bounds = _BOUNDS.get(url.get_driver_name(), _no_bounds)(timeout.total_seconds())
    # What the URL says itself counts.
    own = {name: value for name, value in bounds.items() if name not in url.query}
    return create_engine(url, poolclass=NullPool, connect_args=own)


def _first_column(connection: Connection, query: str) -> list[str]:
    # Without parameters the drivers leave % alone; as a stream, a table too large does not fill the memory first.
    options = {"no_parameters": True, "stream_results": True, "yield_per": _ROWS_AT_ONCE}
    result = connection.execution_options(**options).exec_driver_sql(query)
    if not result.returns_rows:
        raise Unreadable("the query returns no rows: write a SELECT")
    rows = list(islice(result.scalars(), MOST_REFERENCES + 1))
    if len(rows) > MOST_REFERENCES:
        raise Unreadable(TOO_MANY)
    return [str(value) for value in rows if value is not None]


def _require_file(url: URL) -> None:
    # SQLite would make an empty database where there is none.
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise Unreadable("there is no such SQLite file")


def _told(error: BaseException) -> str:
    """Return the first line of what the database said, without numbers that could be somebody's phone."""
    cause: BaseException = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = next((str(part) for part in reversed(cause.args) if isinstance(part, str) and part.strip()), "")
    first = said.strip().splitlines()[0] if said.strip() else ""
    return f"{type(cause).__name__}: {_DIGITS.sub('...', first)[:200]}"


def _no_bounds(_seconds: float) -> dict[str, Any]:
    return {}


def _postgresql(seconds: float) -> dict[str, Any]:
    # Keep-alives end the wait for a host that has gone without a word.
    return {
        "connect_timeout": max(2, round(seconds)),
        "options": f"-c statement_timeout={round(seconds * 1000)} -c default_transaction_read_only=on",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }


def _mysql(seconds: float) -> dict[str, Any]:
    whole = max(1, round(seconds))
    return {"connect_timeout": whole, "read_timeout": whole, "write_timeout": whole}


# Driver -> how it is told to wait no longer than so many seconds. One that is not here has the bounds of its URL.
_BOUNDS: Mapping[str, Callable[[float], dict[str, Any]]] = {
    "psycopg": _postgresql,
    "psycopg2": _postgresql,
    "pymysql": _mysql,
    "mysqldb": _mysql,
    "pysqlite": lambda seconds: {"timeout": seconds},
    "pyodbc": lambda seconds: {"timeout": max(1, round(seconds))},
}
