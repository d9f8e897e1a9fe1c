"""The nemesis: kills and freezes processes of a gateway and takes disk, store and clock from it, by a seeded plan."""

import time
from collections.abc import Callable
from random import Random

from crash.arena import Arena

# Longer than a connection waits for the store's lock (10 s): whoever waits then is told that it is locked.
_BEYOND_PATIENCE_S = 11.0
# A run in so many holds the store for that long; it would make each of them as long.
_LONG_HOLD_EVERY = 4

Deed = tuple[str, Callable[[Arena], None]]


def disasters(rng: Random, seed: int) -> list[Deed]:
    """Return what befalls every run once, in an order of its own."""
    full, refused = rng.uniform(0.5, 2), rng.uniform(0.2, 1)
    held = _BEYOND_PATIENCE_S if seed % _LONG_HOLD_EVERY == 0 else rng.uniform(0.5, 3)
    ahead, back = rng.uniform(5, 40), rng.uniform(5, 40)
    deeds: list[Deed] = [
        (f"disk full for {full:.1f} s", lambda arena: arena.fill_disk(full)),
        (f"writes refused for {refused:.1f} s", lambda arena: arena.refuse_writes(refused)),
        (f"store held for {held:.1f} s", lambda arena: arena.hold_store(held)),
        (f"clock {ahead:.0f} s ahead", lambda arena: arena.clock.move(ahead)),
        (f"clock {back:.0f} s back", lambda arena: arena.clock.move(-back)),
    ]
    return rng.sample(deeds, len(deeds))


def strike(rng: Random, workers: int) -> Deed:
    """Return one thing to be done to one process."""
    child = rng.choice([*(f"intake-{number}" for number in range(1, workers + 1)), "delivery"])
    seconds = rng.uniform(0.1, 0.7)
    deeds: list[Deed] = [
        (f"kill {child}", lambda arena: arena.kill(child)),
        (f"freeze {child}", lambda arena: arena.freeze(child, seconds)),
        ("kill parent", Arena.kill_parent),
        ("kill all", Arena.kill_all),
    ]
    return rng.choices(deeds, weights=[5, 3, 1, 1])[0]


def haunt(arena: Arena, seed: int, busy: Callable[[], bool], limit: int = 200) -> list[str]:
    """Strike again and again while the clients are busy, a disaster between two strikes; return what was done."""
    rng = Random(f"nemesis/{seed}")
    left = disasters(rng, seed)
    done: list[str] = []
    while busy() and len(done) < limit:
        time.sleep(rng.uniform(0.2, 0.8))
        name, deed = left.pop() if left and len(done) % 2 else strike(rng, arena.workers)
        deed(arena)
        done.append(name)
    return done
