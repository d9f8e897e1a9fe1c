"""Two tenants' callbacks while processes die and freeze: in the end the history and the store agree on everything.

Other seeds: PESAGATE_SEEDS=7, PESAGATE_SEEDS=1-200, PESAGATE_SEEDS=3,9 (or `make crash SEEDS=...`).
"""

import os
from pathlib import Path

import pytest
from crash.arena import arena
from crash.clients import Clients
from crash.load import stories
from crash.nemesis import haunt

PAYMENTS = 200

# Disasters take their time, and a machine that does much else besides takes more.
pytestmark = pytest.mark.timeout(600)


def seeds(text: str) -> list[int]:
    """Return the seeds that a text names: 7, 3,9 or 1-200."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


@pytest.mark.parametrize("seed", seeds(os.environ.get("PESAGATE_SEEDS", "1-4")))
def test_whatever_dies_nothing_is_lost_doubled_or_mixed_up(tmp_path: Path, seed: int) -> None:
    haunted(tmp_path, seed, workers=2)


@pytest.mark.parametrize("seed", seeds(os.environ.get("PESAGATE_SEEDS", "1-2")))
@pytest.mark.parametrize("workers", [1, 4])
def test_however_many_workers_there_are(tmp_path: Path, workers: int, seed: int) -> None:
    haunted(tmp_path, seed, workers)


@pytest.mark.parametrize("seed", seeds(os.environ.get("PESAGATE_SEEDS", "1")))
def test_on_postgresql_too(tmp_path: Path, seed: int) -> None:
    haunted(tmp_path, seed, workers=2, store="postgresql")


def haunted(tmp_path: Path, seed: int, workers: int, store: str = "sqlite") -> None:
    """Post a load while processes die; fail where the checker finds anything wrong."""
    with arena(tmp_path / "gateway", seed, store, workers=workers) as ring:
        ring.start()
        with Clients(ring.pesagate.base, ring.history, stories(seed, PAYMENTS), seed, pause=0.2) as clients:
            done = haunt(ring, seed, lambda: clients.busy)
        breaches = ring.breaches()
    print(f"seed {seed}, {workers} workers: {ring.summary()} {done}")
    again = f"make crash SEEDS={seed}"
    assert not breaches, f"seed {seed}, {workers} workers, again with: {again}\n{done}\n" + "\n".join(breaches)
    assert done, "nothing was killed: the test has proved nothing"
