"""What all tests share: a receiving ERP, and a gateway that sends to it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

from gateway_process import Gateway, configuration, free_port, gateway

from adapters.testing import Receiver

# Timings decide no test: a machine that is busy with others takes its time. On CI the examples are the same every time,
# so that a red run can be repeated and a green one judges the change; elsewhere they go on searching.
settings.register_profile("untimed", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("untimed")


@pytest.fixture
def erp() -> Iterator[Receiver]:
    """A receiving ERP."""
    with Receiver() as running:
        yield running


@pytest.fixture
def pesagate(tmp_path: Path, erp: Receiver) -> Iterator[Gateway]:
    """A gateway with one tenant and one destination, not started yet; a test may change its configuration first."""
    with gateway(tmp_path / "gateway", configuration(free_port(), erp.url)) as made:
        yield made


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]") -> Iterator[None]:
    """On CI nothing may be skipped: what a machine lacks there is a mistake of the machine."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped on CI: {report.longrepr}"
