"""The loop of the delivery process: look for what is due, hand it to threads, write down what came of it."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from gateway.delivery.attempt import Attempter
from gateway.delivery.wake import Wake
from gateway.domain.adapter import Adapter, BatchAdapter
from gateway.domain.due import AttemptEnded, DeliveryWrite, DueDelivery, Written
from gateway.domain.errors import StoreUnavailable
from gateway.domain.settings import Destination
from gateway.domain.times import Clock
from gateway.store.deliveries import due
from gateway.store.queries import reading

_LOG = structlog.get_logger("delivery")

PER_DESTINATION = 8
"""Attempts under way at once for one destination: a slow one keeps its own threads busy, not everybody's."""
MAX_THREADS = 256
TOGETHER = 200
"""Deliveries that an adapter gets at once which takes several; the next ones when all of these are written down."""


@dataclass(frozen=True, slots=True)
class Served:
    """A destination with its adapter."""

    destination: Destination
    adapter: Adapter

    def room(self, busy: int) -> int:
        """Return how many deliveries may be begun while so many are under way."""
        if isinstance(self.adapter, BatchAdapter):
            return 0 if busy else TOGETHER
        return PER_DESTINATION - busy

    def attempt(self, attempter: Attempter, deliveries: Sequence[DueDelivery]) -> list[AttemptEnded]:
        """Try deliveries; those that a twin has meanwhile routed elsewhere are left out."""
        if isinstance(self.adapter, BatchAdapter):
            return attempter.attempt_together(deliveries, self.destination, self.adapter)
        tried = (attempter.attempt(delivery, self.destination, self.adapter) for delivery in deliveries)
        return [ended for ended in tried if ended is not None]

    def jobs(self, deliveries: Sequence[DueDelivery]) -> list[Sequence[DueDelivery]]:
        """Return what goes to one thread each: all of them together, or one each."""
        if isinstance(self.adapter, BatchAdapter):
            return [deliveries] if deliveries else []
        return [[delivery] for delivery in deliveries]


class Dispatcher:
    """Delivers what is due until it is stopped. Only `run` decides; threads only attempt."""

    def __init__(
        self,
        engine: Engine,
        served: Mapping[tuple[str, str], Served],
        attempter: Attempter,
        submit: Callable[[DeliveryWrite, "Future[Written]"], None],
        wake: Wake,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._served = served
        self._attempter = attempter
        self._submit = submit
        self._wake = wake
        self._clock = clock
        self._under_way: dict[int, tuple[str, str]] = {}
        self._unwritten: deque[AttemptEnded] = deque()
        self._stopping = False
        threads = max(1, min(MAX_THREADS, PER_DESTINATION * len(served)))
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="deliver")

    def stop(self) -> None:
        """Ask `run` to take nothing new and to return when what is under way has ended. Safe in a signal handler."""
        self._stopping = True
        self._wake.up()

    def run(self, poll: float = 1.0) -> None:
        """Deliver until stopped. Woken when something was committed, and every `poll` seconds to be sure."""
        while not (self._stopping and not self._under_way):
            self._write_again()
            if not self._stopping:
                self._take_due()
            self._wake.wait(poll)
        self._pool.shutdown(wait=True)

    def _take_due(self) -> None:
        try:
            # Threads take rows away meanwhile; what is looked at here is one moment, before the store's.
            under_way = self._under_way.copy()
            busy = Counter(under_way.values())
            with reading(self._engine) as connection:
                for name, served in self._served.items():
                    room = served.room(busy[name])
                    if room > 0:
                        mine = [number for number, owner in under_way.items() if owner == name]
                        for job in served.jobs(due(connection, *name, self._clock(), room, mine)):
                            self._start(name, served, job)
        except DBAPIError as error:
            _LOG.error("the store cannot be read; trying again", error=str(error.orig))

    def _start(self, name: tuple[str, str], served: Served, job: Sequence[DueDelivery]) -> None:
        self._under_way.update((delivery.id, name) for delivery in job)
        attempts = self._pool.submit(served.attempt, self._attempter, job)
        attempts.add_done_callback(lambda future: self._ended(job, future))

    def _ended(self, job: Sequence[DueDelivery], attempts: "Future[list[AttemptEnded]]") -> None:
        error = attempts.exception()
        ended = [] if error else attempts.result()
        if error is not None and not isinstance(error, StoreUnavailable):
            for delivery in job:
                _LOG.error("an attempt failed", event_id=delivery.event.id, error=type(error).__name__)
        # Nothing was sent. What is still due is taken again at the next poll, not at once: the store may be in trouble.
        for number in {delivery.id for delivery in job} - {each.delivery_id for each in ended}:
            self._under_way.pop(number, None)
        for each in ended:
            self._write(each)

    def _write(self, ended: AttemptEnded) -> None:
        written: Future[Written] = Future()
        written.add_done_callback(lambda future: self._written(ended, future))
        try:
            self._submit(ended, written)
        except StoreUnavailable as error:
            written.set_exception(error)

    def _written(self, ended: AttemptEnded, written: "Future[Written]") -> None:
        if written.exception() is None:
            self._under_way.pop(ended.delivery_id, None)
            self._wake.up()
        else:
            # What happened must not be forgotten: the row stays under way until it is written.
            self._unwritten.append(ended)

    def _write_again(self) -> None:
        # Only those that are there now: what fails again waits for the next round.
        for _ in range(len(self._unwritten)):
            self._write(self._unwritten.popleft())
