"""A store on each database that it may lie in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from opened_store import BACKENDS, Store, opened


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store, on SQLite and on PostgreSQL."""
    with opened(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def file_store(tmp_path: Path) -> Store:
    """An empty store on SQLite, for what concerns its file alone."""
    return Store(tmp_path)
