"""Fixtures of the adapters' tests."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from adapters.http import HttpAdapter
from adapters.testing import Receiver
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
