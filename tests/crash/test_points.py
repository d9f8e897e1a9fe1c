"""SIGKILL at every named point of a payment's way, and of the parent alone. The checker looks at what it cost."""

import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from crash.arena import Arena, arena
from crash.clients import Clients
from crash.load import stories

from gateway.crash import POINTS, REPROCESSING

SEED = 20261124
# A payment of the load passes each of these many times; a push that waits for its twin is not in every load's start.
TIMES = {"after_seal": 5, "after_begin": 20}
RAW = {"raw": True}


def crash_plan(point: str, mark: Path) -> dict[str, str]:
    """Return the environment in which a process dies at that point; the seed decides how often it passes before."""
    times = Random(f"{SEED}/{point}").randrange(1, TIMES.get(point, 25))
    return {"PESAGATE_CRASH_AT": f"{point}:{times}:{mark}"}


def post_all(ring: Arena, payments: int) -> None:
    with Clients(ring.pesagate.base, ring.history, stories(SEED, payments), SEED) as clients:
        deadline = time.monotonic() + 60
        while clients.busy and time.monotonic() < deadline:
            time.sleep(0.05)


def wait_for(mark: Path, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert mark.exists(), "nothing passed the point: the test has proved nothing"


# The gateway does not pass those of reprocessing: tests/e2e/test_quarantine.py has them.
@pytest.mark.parametrize("point", [each for each in POINTS if each not in REPROCESSING])
def test_a_crash_at_a_point_costs_nothing(tmp_path: Path, point: str) -> None:
    mark = tmp_path / "crashed"
    # Only what must not be repeated has a step to begin.
    options: dict[str, Any] = RAW if point == "after_begin" else {}
    with arena(tmp_path / "gateway", SEED, **options) as ring:
        ring.start(**crash_plan(point, mark))
        post_all(ring, 80)
        wait_for(mark)
        breaches = ring.breaches()
        died = [line for line in ring.pesagate.log_lines() if line["event"].startswith("died")]
    assert breaches == []
    assert [line["exit"] for line in died] == [-9]
    assert not [
        line for line in ring.pesagate.log_lines() if line["event"] == "quarantined" and line["reason"] == "bug"
    ]


def test_sigkill_of_the_parent_alone_costs_nothing(tmp_path: Path) -> None:
    with arena(tmp_path / "gateway", SEED) as ring:
        ring.start()
        for payments in (40, 60, 80):
            # The next load has all of the one before once more.
            with Clients(ring.pesagate.base, ring.history, stories(SEED, payments), SEED, pause=0.1) as clients:
                while clients.busy and len(ring.history.operations()) < payments:
                    time.sleep(0.01)
                ring.kill_parent()
                while clients.busy:
                    time.sleep(0.05)
        assert ring.breaches() == []
