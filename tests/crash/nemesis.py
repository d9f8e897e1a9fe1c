"""The nemesis: kills and freezes processes of a gateway, by a seeded plan."""

import time
from collections.abc import Callable
from random import Random

from crash.arena import Arena


def strike(arena: Arena, rng: Random) -> str:
    """Do one thing to one process; return what."""
    child = rng.choice([*(f"intake-{number}" for number in range(1, arena.workers + 1)), "delivery"])
    deeds: dict[str, Callable[[], None]] = {
        f"kill {child}": lambda: arena.kill(child),
        f"freeze {child}": lambda: arena.freeze(child, rng.uniform(0.1, 0.7)),
        "kill parent": arena.kill_parent,
        "kill all": arena.kill_all,
    }
    deed = rng.choices(list(deeds), weights=[5, 3, 1, 1])[0]
    deeds[deed]()
    return deed


def haunt(arena: Arena, seed: int, busy: Callable[[], bool], limit: int = 200) -> list[str]:
    """Strike again and again while the clients are busy; return what was done, in order."""
    rng = Random(f"nemesis/{seed}")
    done: list[str] = []
    while busy() and len(done) < limit:
        time.sleep(rng.uniform(0.2, 0.8))
        done.append(strike(arena, rng))
    return done
