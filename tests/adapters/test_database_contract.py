"""The database adapter keeps the contract on SQLite, PostgreSQL and MariaDB."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from customer_database import ENGINES, PASSWORD, Customer, customer
from sqlalchemy.engine import URL

from adapters.database import DatabaseAdapter
from adapters.testing import BatchContract, Place

RIGHTS = ("SELECT ON mpesa_payments", "INSERT ON mpesa_payments")


class TablePlace(Place):
    """A customer's table on one engine, reached with a password where there is one."""

    def __init__(self, customer: Customer, url: URL) -> None:
        self._customer = customer
        self._url = url
        self.secrets: Sequence[str] = () if customer.backend == "sqlite" else (PASSWORD,)

    def adapter(self) -> DatabaseAdapter:
        return self._customer.adapter(self._url)

    def arrived(self) -> Sequence[str]:
        return [row["event_id"] for row in self._customer.rows()]


class TestRows(BatchContract):
    @pytest.fixture(params=ENGINES)
    def place(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TablePlace]:
        with customer(request.param, tmp_path) as made:
            if made.backend == "sqlite":
                yield TablePlace(made, made.url)
                return
            rights = [*RIGHTS, "USAGE ON SEQUENCE mpesa_payments_id_seq"] if made.backend == "postgresql" else RIGHTS
            with made.account(*rights) as url:
                yield TablePlace(made, url)
