"""The gateway that strangers meet, one for each file."""

from collections.abc import Iterator

import pytest
from gateway_process import Gateway
from strangers import strange_gateway


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that runs for all tests of a file."""
    with strange_gateway(tmp_path_factory.mktemp("strange")) as running:
        yield running
