"""A database of a case's own on a PostgreSQL server of this machine, gone afterwards."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from session import NotHereError

SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"


@contextmanager
def own_database() -> Iterator[str]:
    """Give the URL of an empty database. $PESAGATE_BENCH_POSTGRES_URL names another server."""
    try:
        import psycopg
    except ImportError:
        raise NotHereError("psycopg is not installed") from None
    server = os.environ.get("PESAGATE_BENCH_POSTGRES_URL", SERVER)
    name = f"pesagate_bench_{secrets.token_hex(6)}"
    try:
        connection = psycopg.connect(server, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        raise NotHereError("no PostgreSQL server answers; PESAGATE_BENCH_POSTGRES_URL names one") from None
    with connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]
