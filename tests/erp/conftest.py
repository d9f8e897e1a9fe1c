"""One Tryton for all tests of this folder: setting it up takes half a minute."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from erp.tryton_server import Tryton, tryton


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tryton]:
    """A running Tryton with open periods around the days of the recorded bodies and of today."""
    today = datetime.now(UTC).date().isoformat()
    with tryton(tmp_path_factory.mktemp("tryton"), "2026-06-15", today) as running:
        yield running
