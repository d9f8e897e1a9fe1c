"""Database servers for tests: a database of one's own on each, gone afterwards.

A server is found by PESAGATE_TEST_POSTGRES_URL or PESAGATE_TEST_MYSQL_URL, else where it usually listens on this
machine. Where there is none the test is skipped, and says so.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

SERVERS = {
    "postgresql": ("PESAGATE_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"),
    "mysql": ("PESAGATE_TEST_MYSQL_URL", "mysql+pymysql://root@127.0.0.1:3306"),
}


@contextmanager
def own_database(backend: str) -> Iterator[URL]:
    """Give the URL of a fresh database, which is dropped at the end. Skips where no server answers."""
    variable, usual = SERVERS[backend]
    server = make_url(os.environ.get(variable) or usual)
    name = f"pesagate_test_{secrets.token_hex(6)}"
    try:
        _run(server, f"CREATE DATABASE {name}")
    except OperationalError as error:
        pytest.skip(f"no {backend} at {server.host}:{server.port} ({type(error.orig).__name__}); set {variable}")
    try:
        yield server.set(database=name)
    finally:
        _run(server, f"DROP DATABASE {name}")


def run(url: URL, *statements: str) -> None:
    """Run statements on a database, each committed."""
    _run(url, *statements)


def _run(url: URL, *statements: str) -> None:
    # CREATE DATABASE cannot stand in a transaction.
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execution_options(no_parameters=True).exec_driver_sql(statement)
    finally:
        engine.dispose()
