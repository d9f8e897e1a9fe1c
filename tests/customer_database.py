"""A customer's database with a table of theirs, on each engine, and adapters that write into it."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from databases import own_database
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.engine import URL, make_url

from adapters.database import DatabaseAdapter
from gateway.domain.settings import Destination, Secret

PASSWORD = "pw-3f9c0d5e81"

ENGINES = ("sqlite", "postgresql", "mysql")

# What is spelled differently: a number of its own, an exact amount, an instant.
WORDS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {"serial": "INTEGER PRIMARY KEY", "money": "TEXT", "instant": "DATETIME", "end": ""},
    "postgresql": {"serial": "SERIAL PRIMARY KEY", "money": "NUMERIC(12,2)", "instant": "TIMESTAMPTZ", "end": ""},
    "mysql": {
        "serial": "INTEGER AUTO_INCREMENT PRIMARY KEY",
        "money": "DECIMAL(12,2)",
        "instant": "TIMESTAMP NULL",
        "end": " DEFAULT CHARSET=utf8mb4",
    },
}

TABLE = """CREATE TABLE mpesa_payments (
    id {serial}, event_id VARCHAR(64), receipt VARCHAR(20) NOT NULL, amount {money} NOT NULL, payer VARCHAR(60),
    paid_at {instant}, state VARCHAR(10) DEFAULT 'new' NOT NULL){end}"""
UNIQUE = "CREATE UNIQUE INDEX mpesa_payments_receipt ON mpesa_payments (receipt)"

COLUMNS: Mapping[str, Any] = {
    "event_id": "{{ id }}",
    "receipt": "{{ receipt }}",
    "amount": "{{ amount }}",
    "payer": "{{ payer.name }}",
    "paid_at": "{{ occurred_at }}",
}


@dataclass
class Customer:
    """One customer's database. Closes what it made."""

    backend: str
    url: URL
    made: list[DatabaseAdapter] = field(default_factory=list)

    def run(self, *statements: str, **values: Any) -> None:
        """Run statements as the customer, each committed; {serial} and such are spelled as the engine has them."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                for statement in statements:
                    connection.execute(text(statement.format(**WORDS[self.backend])), values)
        finally:
            engine.dispose()

    def rows(self, query: str = "SELECT * FROM mpesa_payments ORDER BY id") -> list[dict[str, Any]]:
        """Return what stands in the database."""
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                return [dict(row) for row in connection.execute(text(query)).mappings()]
        finally:
            engine.dispose()

    def adapter(self, url: URL | None = None, **settings: Any) -> DatabaseAdapter:
        """Return an adapter of the table; `settings` replace or add to the usual ones."""
        given = {
            "table": "mpesa_payments",
            "columns": COLUMNS,
            "unique": ["receipt"],
            "timeout": timedelta(seconds=5),
            **settings,
            "url": Secret((url or self.url).render_as_string(hide_password=False)),
        }
        self.made.append(DatabaseAdapter(Destination("table", "duka", "database", given)))
        return self.made[-1]

    @contextmanager
    def account(self, *grants: str) -> Iterator[URL]:
        """Give the URL of an account with a password and no more than these rights, each "RIGHTS ON table"."""
        name, password = f"pesagate_test_{secrets.token_hex(6)}", PASSWORD
        user = name if self.backend == "postgresql" else f"'{name}'@'%'"
        made = f"CREATE ROLE {name} LOGIN PASSWORD '{password}'" if self.backend == "postgresql" else None
        self.run(made or f"CREATE USER {user} IDENTIFIED BY '{password}'")
        try:
            self.run(*(f"GRANT {grant} TO {user}" for grant in grants))
            yield self.url.set(username=name, password=password)
        finally:
            self.close()
            if self.backend == "postgresql":
                self.run(f"DROP OWNED BY {name}")
            self.run(f"DROP {'ROLE' if self.backend == 'postgresql' else 'USER'} {user}")

    def close(self) -> None:
        for adapter in self.made:
            adapter.close()


@contextmanager
def customer(backend: str, folder: Path, statements: Sequence[str] = (TABLE, UNIQUE)) -> Iterator[Customer]:
    """Give a customer's database with the table in it; it is gone afterwards. Skips where no server answers."""
    if backend == "sqlite":
        made = Customer(backend, make_url(f"sqlite:///{folder}/erp.db"))
        made.run(*statements)
        yield made
        made.close()
        return
    with own_database(backend) as url:
        made = Customer(backend, url)
        made.run(*statements)
        try:
            yield made
        finally:
            made.close()


@contextmanager
def emptied(made: Customer, statements: Sequence[str] = (TABLE, UNIQUE)) -> Iterator[Customer]:
    """Give the database of a module's tests with nothing in it but the usual table."""
    engine = create_engine(made.url)
    found = MetaData()
    found.reflect(engine)
    found.drop_all(engine)
    engine.dispose()
    made.run(*statements)
    try:
        yield made
    finally:
        made.close()
        made.made.clear()
