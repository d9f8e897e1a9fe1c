"""Finding what is due and writing what came of it must not grow dearer with the backlog."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from report import Row
from rounds import ratio
from session import Session
from stores import backlogged, one_payment

from gateway.domain.delivery import AttemptResult, DeliveryState, Verdict
from gateway.domain.due import AttemptEnded, DueDelivery, Next
from gateway.domain.settings import Secret
from gateway.domain.times import utc_now
from gateway.store.claims import Asked, due, load
from gateway.store.deliveries import write_deliveries
from gateway.store.engine import open_engine
from gateway.store.queries import reading

AT_ONCE = 8
ROUNDS = 60


def backlog(session: Session) -> Iterator[Row]:
    """Time one look for eight deliveries and the writing of eight results, by the product's own functions."""
    powers = (4, 5) if session.quick else (4, 5, 6)
    seed = one_payment(session)
    steps = {power: _Steps(backlogged(seed, session.new_folder(), 10**power)) for power in powers}
    times: dict[int, list[tuple[float, float]]] = {power: [] for power in powers}
    for _ in range(ROUNDS):
        for power in powers:
            times[power].append(steps[power].once())
    yield from _rows(times)


def _rows(times: dict[int, list[tuple[float, float]]]) -> Iterator[Row]:
    base = [claim + finish for claim, finish in times[4]]
    for power in sorted(times)[1:]:
        # No min-max: a single pair is a millisecond long and means nothing.
        found = ratio(base, [claim + finish for claim, finish in times[power]]).value
        yield Row("claim", f"claim and finish, backlog 10^{power} / 10^4", found, note=_note(times, power))


def _note(times: dict[int, list[tuple[float, float]]], power: int) -> str:
    middles = {one: [median(side) for side in zip(*times[one], strict=True)] for one in (4, power)}
    parts = [f"10^{one}: {claim:.0f} + {finish:.0f} us" for one, (claim, finish) in middles.items()]
    return f"CPU for {AT_ONCE}: {', '.join(parts)}"


class _Steps:
    """One store with a backlog, and the two steps on it."""

    def __init__(self, store: Path) -> None:
        self._engine = open_engine(Secret(f"sqlite:///{store}"))
        self._writing = self._engine.connect()
        self._reading = self._engine.connect().execution_options(reads_only=True)

    def once(self) -> tuple[float, float]:
        """Do both; return the microseconds of processor time of each."""
        found: list[DueDelivery] = []
        claim = _cpu_us(lambda: found.extend(self._claim()))
        assert len(found) == AT_ONCE
        return claim, _cpu_us(lambda: self._finish(found))

    def _claim(self) -> list[DueDelivery]:
        with reading(self._engine) as connection:
            found = due(connection, [Asked("duka", "erp")], utc_now(), AT_ONCE)
            return load(connection, [each.id for each in found])

    def _finish(self, found: list[DueDelivery]) -> None:
        verdict = Verdict(AttemptResult.DELIVERED, "delivered", "", status=200)
        after = Next(DeliveryState.DELIVERED, utc_now())
        ended = [AttemptEnded(one.id, one.attempts + 1, utc_now(), 1, verdict, after) for one in found]
        with self._writing.begin():
            write_deliveries(self._writing, ended)


def _cpu_us(step: Callable[[], None]) -> float:
    started = time.process_time()
    step()
    return (time.process_time() - started) * 1e6
