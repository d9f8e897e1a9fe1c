"""Fixtures of the adapters' tests."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from customer_database import ENGINES, Customer, customer, emptied

from adapters.http import HttpAdapter, HttpBatchAdapter, http_adapter
from adapters.testing import Receiver
from gateway.domain.lane import LaneSettings, Rate
from gateway.domain.settings import Destination
from gateway.domain.times import Clock, utc_now


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def make_http() -> Iterator[Callable[..., HttpAdapter]]:
    """Makes http adapters from a URL and settings, and closes them after the test."""
    made: list[HttpAdapter] = []

    def make(url: str, clock: Clock = utc_now, **settings: Any) -> HttpAdapter:
        settings = {"timeout": timedelta(seconds=10), "allow_private": True, **settings, "url": url}
        made.append(HttpAdapter(Destination("erp", "duka", "http", settings), clock))
        return made[-1]

    yield make
    for adapter in made:
        adapter.close()


@pytest.fixture
def make_batch() -> Iterator[Callable[..., HttpBatchAdapter]]:
    """Makes adapters that take several events at once, and closes them after the test."""
    made: list[HttpAdapter] = []

    def make(url: str, rate: Rate | None = None, **settings: Any) -> HttpBatchAdapter:
        settings = {"timeout": timedelta(seconds=10), "allow_private": True, **settings, "url": url}
        made.append(http_adapter(Destination("erp", "duka", "http", settings, lane=LaneSettings(batch=50, rate=rate))))
        assert isinstance(made[-1], HttpBatchAdapter)
        return made[-1]

    yield make
    for adapter in made:
        adapter.close()


@pytest.fixture(scope="module", params=ENGINES)
def engine_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Customer]:
    """A customer's database on each engine, one for all tests of a module."""
    with customer(request.param, tmp_path_factory.mktemp("erp")) as made:
        yield made


@pytest.fixture
def erp_table(engine_database: Customer) -> Iterator[Customer]:
    """A customer's database on each engine with the usual table in it, and nothing in that."""
    with emptied(engine_database) as made:
        yield made


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what an engine cannot do, `not_on(engine, why)`: skipped, it would look like something missing."""
    left_out = [item for item in items if _engines(item) & {mark.args[0] for mark in item.iter_markers("not_on")}]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _engines(item: pytest.Item) -> set[str]:
    given = getattr(item, "callspec", None)
    return {value for value in given.params.values() if isinstance(value, str)} if given else set()
