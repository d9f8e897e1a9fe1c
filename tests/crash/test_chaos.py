"""What takes long: a machine that stands still for a minute, restarts without end, receivers that hang and come back.

`make chaos` runs these at full length, beside everything else in this folder.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from crash.arena import Arena, arena
from crash.clients import Clients
from crash.load import stories

from adapters.testing import Answer

FULL = bool(os.environ.get("PESAGATE_CHAOS"))
SEED = int(os.environ.get("PESAGATE_CHAOS") or 20261124)
FROZEN_S = {"everybody": 60.0, "delivery": 60.0 if FULL else 15.0, "intake-1": 60.0 if FULL else 15.0}
RESTARTS = 100 if FULL else 12
FLAPS = 60 if FULL else 8
# On a change the file alone; test_history.py and e2e/test_spool.py try the server then.
STORES = ("sqlite", "postgresql") if FULL else ("sqlite",)

pytestmark = pytest.mark.timeout(1800)


@contextmanager
def under_load(
    folder: Path, store: str, payments: int, pause: float = 0.5
) -> Iterator[tuple[Arena, Callable[[], bool]]]:
    """Give a gateway that clients post to and whether they still do; judge in the end what has come of it."""
    with arena(folder / "gateway", SEED, store) as ring:
        ring.start()
        with Clients(ring.pesagate.base, ring.history, stories(SEED, payments), SEED, pause) as clients:
            yield ring, lambda: clients.busy
            while clients.busy:
                time.sleep(0.05)
        assert ring.breaches() == []
    print(ring.summary())


def everybody(ring: Arena) -> list[int]:
    """Return the pids of the gateway's processes."""
    assert ring.pesagate.process is not None
    return [ring.pesagate.process.pid, *ring.pesagate.children().values()]


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("who", FROZEN_S)
def test_a_minute_of_standing_still_costs_nothing_but_time(tmp_path: Path, who: str, store: str) -> None:
    with under_load(tmp_path, store, 60) as (ring, busy):
        time.sleep(1)
        pids = everybody(ring) if who == "everybody" else [ring.pesagate.children()[who]]
        assert busy(), "nobody posts any more: the test would prove nothing"
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(FROZEN_S[who])
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        ring.pesagate.wait_ready()
    # Nobody took the pause for a death: the processes are those of before. On a server who stands still for longer than
    # its lease has to begin anew.
    if who != "everybody" and store == "sqlite":
        started = [line["process"] for line in ring.pesagate.log_lines() if line["event"] == "started"]
        assert sorted(started) == ["delivery", "intake-1", "intake-2"]


@pytest.mark.parametrize("store", STORES)
def test_restarts_without_end(tmp_path: Path, store: str) -> None:
    with under_load(tmp_path, store, 40 * RESTARTS) as (ring, busy):
        done = 0
        while busy() and done < RESTARTS:
            time.sleep(0.3)
            assert ring.pesagate.stop() == 0
            ring.start()
            done += 1
        assert done == RESTARTS, "the clients were done too early: give them more to do"


# What a receiver is like in one of two spells; in the other one it is well.
BAD_SPELLS = {
    "refuses": Answer(503),
    "hangs": Answer(delay=6),
    "cuts": Answer(cut="before"),
    "is slow to say": Answer(cut="trickle"),
}


@pytest.mark.parametrize("store", STORES)
def test_receivers_that_hang_and_come_back_get_everything_once(tmp_path: Path, store: str) -> None:
    with under_load(tmp_path, store, 15 * FLAPS) as (ring, busy):
        spells, flaps = list(BAD_SPELLS.values()), 0
        healing = threading.Event()
        while busy() and flaps < FLAPS:
            ring.erp.default = spells[flaps % len(spells)]
            healing.wait(1.0)
            ring.erp.default = Answer()
            healing.wait(1.0)
            flaps += 1
        assert flaps >= min(FLAPS, len(spells)), "each kind of spell has to have come"
