"""The parent and its children, as processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.supervisor import restart_pause

FAMILY = Path(__file__).with_name("family.py")


class Family:
    """A running family and what it has said."""

    def __init__(self, log: Path, grace: float, *children: str) -> None:
        self._log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen([sys.executable, FAMILY, str(grace), *children], stdout=out, stderr=out)

    def said(self, name: str) -> list[int]:
        """Return the pids of those who said this, in order."""
        lines = (line.split() for line in self._log.read_text("utf-8").splitlines())
        return [int(words[1]) for words in lines if len(words) == 2 and words[0] == name]

    def wait_for(self, name: str, number: int = 1) -> list[int]:
        until(lambda: len(self.said(name)) >= number, lambda: self._log.read_text("utf-8"))
        return self.said(name)

    def wait_for_log(self, words: str) -> None:
        until(lambda: words in self.log(), self.log)

    def log(self) -> str:
        return self._log.read_text("utf-8")


def until(holds: Callable[[], bool], why: Callable[[], str], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, why()
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Callable[..., Family]]:
    started: list[Family] = []

    def start(grace: float, *children: str) -> Family:
        started.append(Family(tmp_path / f"family-{len(started)}", grace, *children))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def test_who_dies_is_started_again(family: Callable[..., Family]) -> None:
    running = family(10, "good", "deaf")
    (first,) = running.wait_for("good")
    (other,) = running.wait_for("deaf")
    os.kill(first, signal.SIGKILL)
    pids = running.wait_for("good", 2)
    assert len(set(pids)) == 2
    assert running.said("deaf") == [other]
    assert "exit=-9" in running.log() or '"exit": -9' in running.log()


def test_who_cannot_start_is_tried_again_but_not_without_a_pause(family: Callable[..., Family]) -> None:
    running = family(10, "failing", "good")
    started = time.monotonic()
    running.wait_for("failing", 3)
    assert time.monotonic() - started >= 2
    running.wait_for("good")
    running.process.terminate()
    assert running.process.wait(20) == 0


def test_the_pause_grows_while_it_dies_at_once_and_has_a_limit() -> None:
    assert [restart_pause(deaths) for deaths in range(8)] == [0, 1, 2, 4, 8, 16, 30, 30]
    assert restart_pause(5000) == 30


def test_who_has_lived_for_a_while_is_started_again_at_once(family: Callable[..., Family]) -> None:
    running = family(10, "good")
    for number in range(1, 4):
        pid = running.wait_for("good", number)[-1]
        time.sleep(1.2)
        os.kill(pid, signal.SIGKILL)
        running.wait_for("good", number + 1)
    assert running.log().count("after_s=0.0") + running.log().count('"after_s": 0.0') == 3


def test_it_is_ready_when_every_child_is(family: Callable[..., Family]) -> None:
    running = family(10, "good", "late")
    running.wait_for("good")
    running.wait_for("late")
    assert "ready" not in running.log().split("late")[0]
    running.wait_for_log("ready")
    assert running.said("late-ready")


def test_it_is_not_ready_while_one_cannot_start(family: Callable[..., Family]) -> None:
    running = family(10, "good", "failing")
    running.wait_for("good")
    running.wait_for("failing", 2)
    assert "ready" not in running.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_ends_its_children_first(family: Callable[..., Family], number: signal.Signals) -> None:
    running = family(20, "good", "good")
    pids = running.wait_for("good", 2)
    running.process.send_signal(number)
    assert running.process.wait(20) == 0
    assert sorted(running.said("good-ended")) == sorted(pids)


def test_who_does_not_end_is_ended_by_force(family: Callable[..., Family]) -> None:
    running = family(0.5, "good", "deaf", "ignoring")
    pids = [running.wait_for(name)[0] for name in ("good", "deaf", "ignoring")]
    started = time.monotonic()
    running.process.terminate()
    assert running.process.wait(20) == 0
    assert time.monotonic() - started >= 0.5
    assert running.said("good-ended") == pids[:1]
    assert not any(lives(pid) for pid in pids)
    assert "ending by force" in running.log()


def test_who_is_told_to_end_before_it_knows_how_ends_as_soon_as_it_does(family: Callable[..., Family]) -> None:
    running = family(20, "slow")
    running.wait_for("slow")
    running.process.terminate()
    assert running.process.wait(20) == 0
    assert running.said("slow-ended")


def test_a_child_that_is_told_to_end_in_the_moment_of_its_birth_hears_it(family: Callable[..., Family]) -> None:
    """Between the fork and its own handler a child had its parent's, which only noted the signal: force ended it."""
    for _ in range(6):
        running = family(20, *["good"] * 6)
        running.wait_for_log("started")
        running.process.terminate()
        assert running.process.wait(30) == 0
        assert "ending by force" not in running.log()


def test_sighup_ends_nobody(family: Callable[..., Family]) -> None:
    running = family(10, "good")
    (pid,) = running.wait_for("good")
    running.process.send_signal(signal.SIGHUP)
    running.wait_for_log("SIGHUP: there is nothing to read once more; nothing has changed")
    os.kill(pid, signal.SIGHUP)
    time.sleep(0.3)
    assert running.process.poll() is None
    assert lives(pid)


@pytest.mark.parametrize("child", ["good", "deaf", "ignoring"])
def test_orphans_end_by_themselves(family: Callable[..., Family], child: str) -> None:
    running = family(60, child)
    (pid,) = running.wait_for(child)
    running.process.kill()
    running.process.wait(10)
    until(lambda: not lives(pid), running.log, 10)
