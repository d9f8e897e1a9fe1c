"""The loop of the delivery process: look for what is due, hand it to threads, write down what came of it."""

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from gateway.delivery.attempt import Attempter
from gateway.delivery.ordering import Ordering
from gateway.delivery.served import Served
from gateway.delivery.shares import shared
from gateway.delivery.signs import Signs
from gateway.delivery.wake import Wake
from gateway.domain.due import AttemptEnded, Candidate, DeliveryWrite, DueDelivery, Written
from gateway.domain.errors import StoreUnavailable
from gateway.domain.lane import LaneState
from gateway.domain.times import Clock
from gateway.metrics.board import Tally
from gateway.metrics.series import ATTEMPT_SECONDS, ATTEMPTS, Spreads
from gateway.store.claims import Asked, due, load
from gateway.store.lanes import read_lanes

_LOG = structlog.get_logger("delivery")

THREADS = 256
"""Requests under way at once, of all destinations together, beside the one that each destination has for itself."""

Name = tuple[str, str]
"""Tenant and destination."""


@dataclass
class _Job:
    """One request: what goes into it, and how much of what came of it is not written down yet."""

    name: Name
    deliveries: Sequence[DueDelivery]
    payments: Sequence[object]
    is_probe: bool
    left: int


class Dispatcher:
    """Delivers what is due until it is stopped. Only `run` decides; threads only attempt, and leave word of it."""

    def __init__(
        self,
        engine: Engine,
        served: Mapping[Name, Served],
        attempter: Attempter,
        submit: Callable[[DeliveryWrite, "Future[Written]"], None],
        wake: Wake,
        clock: Clock,
        ordering: Ordering,
        tally: Tally,
        may_begin: Callable[[], bool] = lambda: True,
    ) -> None:
        self._engine = engine
        self._served = served
        self._attempter = attempter
        self._submit = submit
        self._wake = wake
        self._clock = clock
        self._ordering = ordering
        self._tally = tally
        self._may_begin = may_begin
        self._seconds = Spreads(tally, ATTEMPT_SECONDS)
        self._signs = Signs({name: one.lane for name, one in served.items()}, submit)
        self._under_way: dict[int, _Job] = {}
        # What threads and the writer have to say, in order; taken by the loop.
        self._word: deque[Callable[[], None]] = deque()
        self._unwritten: deque[AttemptEnded] = deque()
        # Destinations of which more is due than could be taken up.
        self._waiting: set[Name] = set(served)
        self._looked_at = float("-inf")
        self._stopping = False
        self._threads = THREADS + len(served)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="deliver")
        self._connection: Connection | None = None

    def stop(self) -> None:
        """Ask `run` to take nothing new and to return when what is under way has ended. Safe in a signal handler."""
        self._stopping = True
        self._wake.up()

    def run(self, poll: float = 1.0) -> None:
        """Deliver until stopped. Woken when something was committed, and every `poll` seconds to be sure."""
        told = True
        while not (self._stopping and not self._under_way):
            self._listen()
            self._write_again()
            if not self._stopping and self._may_begin():
                self._look(everywhere=told or time.monotonic() - self._looked_at >= poll)
            told = self._wake.wait(self._patience(poll))
        self._disconnect()
        self._pool.shutdown(wait=True)

    def _patience(self, poll: float) -> float:
        """Return how long to wait at most: until the next look at all, or until a destination's time has come."""
        if self._stopping:
            return poll
        now = self._clock()
        openings = (self._served[name].lane.opening(now) for name in self._waiting)
        soon = [(opening - now) / timedelta(seconds=1) for opening in openings if opening is not None and opening > now]
        return max(0.0, min([poll, self._looked_at + poll - time.monotonic(), *soon]))

    def _look(self, everywhere: bool) -> None:
        if everywhere:
            self._looked_at = time.monotonic()
        try:
            connection = self._connect()
            if everywhere:
                self._signs.hear(lambda: self._states(connection))
            self._take_up(connection, list(self._served if everywhere else self._waiting))
        except DBAPIError as error:
            self._disconnect()
            _LOG.error("the store cannot be read; trying again", error=str(error.orig))
        except StoreUnavailable as error:
            _LOG.error("the store does not take whose turn it is; trying again", error=str(error))

    def _states(self, connection: Connection) -> Mapping[Name, LaneState]:
        with connection.begin():
            return read_lanes(connection)

    def _take_up(self, connection: Connection, names: Sequence[Name]) -> None:
        now = self._clock()
        rooms = {name: room for name in names if (room := self._served[name].lane.room(now)) > 0}
        # More may be due there than anybody has looked for.
        self._waiting.update(name for name in names if name not in rooms)
        if not rooms:
            return
        if any(self._served[name].lane.is_ordered for name in rooms):
            self._ordering.keep_up(connection)
        asked = [Asked(*name, self._served[name].lane.is_ordered) for name in rooms]
        with connection.begin():
            chosen = self._choose(due(connection, asked, now, self._limit(rooms)), rooms)
            ids = [each.id for _, request in chosen for each in request]
            loaded = {delivery.id: delivery for delivery in load(connection, ids)} if ids else {}
        for name, request in chosen:
            self._start(name, [(loaded[each.id], each.payment) for each in request if each.id in loaded])

    def _limit(self, rooms: Mapping[Name, int]) -> int:
        """Return how many to ask for: what fits, what is under way anyway, and one to know whether that is all."""
        most = max(room * self._served[name].lane.batch for name, room in rooms.items())
        return most + len(self._under_way) + 1

    def _choose(self, found: Sequence[Candidate], rooms: Mapping[Name, int]) -> list[tuple[Name, list[Candidate]]]:
        fresh: dict[Name, list[Candidate]] = {name: [] for name in rooms}
        for each in found:
            if each.id not in self._under_way:
                fresh[each.tenant, each.destination].append(each)
        wished = {name: self._served[name].lane.choose(each, rooms[name]) for name, each in fresh.items()}
        idle = {name for name, one in self._served.items() if one.lane.under_way == 0}
        free = self._threads - sum(one.lane.under_way for one in self._served.values())
        chosen = shared(wished, idle, free)
        taken = Counter(dict.fromkeys(rooms, 0))
        for name, request in chosen:
            taken[name] += len(request)
        self._waiting -= {name for name in rooms if taken[name] == len(fresh[name])}
        self._waiting |= {name for name in rooms if taken[name] < len(fresh[name])}
        return chosen

    def _start(self, name: Name, taken: Sequence[tuple[DueDelivery, object]]) -> None:
        if not taken:
            return
        served = self._served[name]
        deliveries, payments = [delivery for delivery, _ in taken], [payment for _, payment in taken]
        is_probe = served.lane.began(payments, self._clock())
        job = _Job(name, deliveries, payments, is_probe, len(deliveries))
        self._under_way.update((delivery.id, job) for delivery in deliveries)
        attempts = self._pool.submit(served.attempt, self._attempter, deliveries, is_probe)
        attempts.add_done_callback(lambda future: self._leave_word(lambda: self._ended(job, future)))

    def _leave_word(self, word: Callable[[], None], *, urgent: bool = True) -> None:
        self._word.append(word)
        if urgent:
            self._wake.again()

    def _listen(self) -> None:
        while self._word:
            self._word.popleft()()

    def _ended(self, job: _Job, attempts: "Future[list[AttemptEnded]]") -> None:
        error = attempts.exception()
        ended = [] if error else attempts.result()
        if error is not None and not isinstance(error, StoreUnavailable):
            for delivery in job.deliveries:
                _LOG.error("an attempt failed", event_id=delivery.event.id, error=type(error).__name__)
        lane = self._served[job.name].lane
        lane.ended([each.verdict for each in ended], self._clock(), was_probe=job.is_probe)
        self._signs.tell(job.name)
        # Nothing was sent. What is still due is taken again at the next look at all: the store may be in trouble.
        for number in {delivery.id for delivery in job.deliveries} - {each.delivery_id for each in ended}:
            self._forget(number)
        for each in ended:
            self._count(job.name, each)
            self._write(each)

    def _count(self, name: Name, ended: AttemptEnded) -> None:
        self._tally.add((ATTEMPTS.name, *name, ended.verdict.result.value, ended.verdict.reason))
        self._seconds.observe(ended.duration_ms / 1000, *name)

    def _forget(self, number: int) -> None:
        job = self._under_way.pop(number)
        job.left -= 1
        if job.left == 0:
            self._served[job.name].lane.freed(job.payments)

    def _write(self, ended: AttemptEnded) -> None:
        written: Future[Written] = Future()
        # A store in trouble is not asked again at once.
        written.add_done_callback(
            lambda future: self._leave_word(lambda: self._written(ended, future), urgent=future.exception() is None)
        )
        try:
            self._submit(ended, written)
        except StoreUnavailable as error:
            written.set_exception(error)

    def _written(self, ended: AttemptEnded, written: "Future[Written]") -> None:
        if written.exception() is None:
            name = self._under_way[ended.delivery_id].name
            self._forget(ended.delivery_id)
            if self._served[name].lane.is_ordered:
                # The next one in the order could not be seen while this one stood before it.
                self._waiting.add(name)
        else:
            # What happened must not be forgotten: the row stays under way until it is written.
            self._unwritten.append(ended)

    def _write_again(self) -> None:
        # Only those that are there now: what fails again waits for the next round.
        for _ in range(len(self._unwritten)):
            self._write(self._unwritten.popleft())

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(reads_only=True)
            self._ordering.begin(self._connection)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
