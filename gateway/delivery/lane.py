"""A destination's lane: what may begin now, and what follows from what has ended. It acts on nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.delivery.breaker import Breaker, failed
from gateway.delivery.pace import Pace
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.due import Candidate
from gateway.domain.lane import NEW_LANE, LaneSettings, LaneState, Order, ParkedBy

ALONE, TOGETHER = 8, 200
"""Requests at once where each has one event; events in one request where an adapter takes several."""

LONGEST_REST = timedelta(hours=24)
"""So long at most a destination is left alone because it asks for it."""

_ASKS_FOR_REST = frozenset({429, 503})

_NOT_TAKEN = (AttemptResult.RETRY, AttemptResult.UNKNOWN)


@dataclass
class Lane:
    """One destination over time. Not for several threads: the dispatcher's loop alone asks it and tells it."""

    settings: LaneSettings
    # True: its adapter takes several events at once.
    takes_several: bool = False
    state: LaneState = NEW_LANE
    _breaker: Breaker = field(init=False)
    _pace: Pace | None = field(init=False)
    _held_until: datetime | None = field(init=False)
    # Requests under way, and the payments in them.
    _requests: int = field(default=0, init=False)
    _payments: Counter[object] = field(default_factory=Counter, init=False)

    def __post_init__(self) -> None:
        self._breaker = Breaker(self.settings.breaker, self.state.opened_at)
        self._pace = None if self.settings.rate is None else Pace(self.settings.rate)
        self._held_until = self.state.held_until

    @property
    def concurrency(self) -> int:
        """Requests under way at once, at most."""
        return self.settings.concurrency or (1 if self.takes_several else ALONE)

    @property
    def batch(self) -> int:
        """Events in one request, at most."""
        return (self.settings.batch or TOGETHER) if self.takes_several else 1

    @property
    def is_ordered(self) -> bool:
        """Tell whether deliveries wait for others."""
        return self.settings.order is not Order.NONE

    @property
    def is_parked(self) -> bool:
        """Tell whether nothing is tried until a person says so."""
        return self.state.parked_at is not None

    @property
    def probes(self) -> bool:
        """Tell whether what begins now is a probe: one event alone, whose failure is nobody's last attempt."""
        return self._breaker.is_open

    @property
    def under_way(self) -> int:
        """Requests that have begun and not ended."""
        return self._requests

    def room(self, now: datetime) -> int:
        """Return how many requests may begin now."""
        if self.is_parked or self._rests_until(now) is not None:
            return 0
        rooms = [self.concurrency - self._requests, self._breaker.room(now)]
        rooms.append(None if self._pace is None else self._pace.room(now))
        return max(0, min(room for room in rooms if room is not None))

    def opening(self, now: datetime) -> datetime | None:
        """Return when requests may begin by time alone; None where they wait for something else."""
        if self.is_parked or self._requests >= self.concurrency or self._breaker.probing:
            return None
        paced = None if self._pace is None else self._pace.opening(now)
        moments = (self._breaker.opening(now), self._rests_until(now), paced)
        return max(moment for moment in moments if moment is not None)

    def choose(self, candidates: Iterable[Candidate], requests: int) -> list[list[Candidate]]:
        """Return what goes into up to so many requests: no two events of one payment are under way at once."""
        most = requests if self.probes else requests * self.batch
        taken = {payment for payment, number in self._payments.items() if number}
        chosen: list[Candidate] = []
        for each in candidates:
            if len(chosen) == most:
                break
            if each.payment is None or each.payment not in taken:
                taken.add(each.payment)
                chosen.append(each)
        size = 1 if self.probes else self.batch
        return [chosen[start : start + size] for start in range(0, len(chosen), size)]

    def began(self, payments: Sequence[object], now: datetime) -> bool:
        """Count a request that begins, with the payments in it; return whether it is a probe."""
        is_probe = self.probes
        self._requests += 1
        self._payments.update(payments)
        if self._pace is not None:
            self._pace.began(1, now)
        if is_probe:
            self._breaker.probe()
        return is_probe

    def ended(self, verdicts: Sequence[Verdict], now: datetime, *, was_probe: bool) -> None:
        """Learn what a request came to. No verdicts: it was not sent."""
        has_failed = failed(verdicts)
        self._breaker.told(has_failed, now, was_probe=was_probe)
        for verdict in verdicts:
            self._rest(verdict, now)
        opened_at, after = self._breaker.opened_at, self.settings.park_after
        is_long = opened_at is not None and after is not None and now - opened_at >= after
        if has_failed and is_long and not self.is_parked:
            self.state = replace(self.state, parked_at=now, parked_by=ParkedBy.BREAKER)

    def freed(self, payments: Sequence[object]) -> None:
        """Count a request as over: what it came to is written down."""
        self._requests -= 1
        self._payments.subtract(payments)
        self._payments += Counter()

    def heard(self, state: LaneState) -> None:
        """Learn from the store what a person has asked for."""
        if state.resumed_at != self.state.resumed_at:
            self._held_until = None
            self._breaker.try_now(state.resumed_at)
        self.state = state

    def told(self) -> LaneState:
        """Return where the lane stands now, as the store is to keep it."""
        return replace(self.state, opened_at=self._breaker.opened_at, held_until=self._held_until)

    def _rest(self, verdict: Verdict, now: datetime) -> None:
        """Leave the destination alone for as long as it asks for, all of it and not just this delivery."""
        asks = verdict.status in _ASKS_FOR_REST and verdict.result in _NOT_TAKEN and not verdict.looks_first
        if asks and verdict.retry_after is not None:
            until = now + min(verdict.retry_after, LONGEST_REST)
            self._held_until = until if self._held_until is None else max(self._held_until, until)

    def _rests_until(self, now: datetime) -> datetime | None:
        return self._held_until if self._held_until is not None and self._held_until > now else None
