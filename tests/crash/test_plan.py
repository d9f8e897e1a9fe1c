"""Crash points themselves: they kill where they are told to, once, and otherwise do nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.crash import plan_of

PROGRAM = (
    "from gateway.crash import point\nfor _ in range(3):\n    point('after_commit')\n    print('passed', flush=True)"
)


def passing(**environment: str) -> tuple[int, int]:
    """Pass a point three times in a process of its own; return its exit code and how often it passed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.count("passed")


def test_a_point_kills_at_the_passing_named_and_only_once(tmp_path: Path) -> None:
    plan = {"PESAGATE_CRASH_AT": f"after_commit:2:{tmp_path / 'crashed'}"}
    assert passing(**plan) == (-9, 1)
    assert passing(**plan) == (0, 3)


def test_other_points_and_no_plan_kill_nobody(tmp_path: Path) -> None:
    assert passing(PESAGATE_CRASH_AT=f"after_send:1:{tmp_path / 'crashed'}") == (0, 3)
    assert passing(PESAGATE_CRASH_AT="") == (0, 3)


def test_an_unknown_point_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no point 'nowhere', only before_insert"):
        plan_of("nowhere:1:/tmp/x")
