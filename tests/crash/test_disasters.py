"""Each disaster alone, under load: it is felt, nothing is acknowledged that is not kept, and it passes by itself."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from crash.arena import Arena, arena
from crash.clients import Clients
from crash.load import stories

SEED = 20261124

pytestmark = pytest.mark.timeout(600)

# What befalls the gateway, and the words in which its log tells of it.
DISASTERS: dict[str, tuple[Callable[[Arena], None], tuple[str, ...]]] = {
    # Without a disk of its own the kernel refuses the writes.
    "disk full": (lambda ring: ring.fill_disk(4), ("database or disk is full", "disk I/O error")),
    # Its log cannot be written either: only its answers tell.
    "writes refused": (lambda ring: ring.refuse_writes(2), ()),
    "store held": (lambda ring: ring.hold_store(11), ("database is locked",)),
}


@pytest.mark.parametrize("name", DISASTERS)
def test_a_disaster_is_felt_and_passes_without_a_hand(tmp_path: Path, name: str) -> None:
    befall, words = DISASTERS[name]
    with arena(tmp_path / "gateway", SEED) as ring:
        ring.start()
        with Clients(ring.pesagate.base, ring.history, stories(SEED, 120), SEED, pause=0.2) as clients:
            disaster = threading.Thread(target=befall, args=(ring,))
            disaster.start()
            disaster.join()
            while clients.busy:
                time.sleep(0.05)
        breaches = ring.breaches()
        errors = ring.store_errors()
    assert breaches == []
    assert not words or set(errors) & set(words), f"nobody felt it: {errors}"
    refused = [one for one in ring.history.operations() if one.status == 503]
    assert refused, "what could not be kept has to be refused"


def test_a_clock_that_jumps_under_load_changes_nothing_that_was_sent(tmp_path: Path) -> None:
    with arena(tmp_path / "gateway", SEED) as ring:
        ring.start()
        with Clients(ring.pesagate.base, ring.history, stories(SEED, 120), SEED, pause=0.2) as clients:
            jumps = 0
            while clients.busy:
                ring.clock.move((30, -30, 3, -3600, 0)[jumps % 5])
                jumps += 1
                time.sleep(0.4)
        assert ring.breaches() == []
    assert jumps > 5, "the clock hardly moved: the test has proved nothing"
