"""One Tryton for all tests of this folder: setting it up takes half a minute."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from erp.tryton_server import Tryton, tryton

from gateway.domain.times import NAIROBI


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tryton]:
    """A running Tryton with open periods around the days of the recorded bodies and of today."""
    # In Nairobi tomorrow begins three hours earlier.
    today = datetime.now(NAIROBI).date().isoformat()
    with tryton(tmp_path_factory.mktemp("tryton"), "2026-06-15", today) as running:
        yield running
