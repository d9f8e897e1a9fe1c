"""The one writer of a process: a thread that commits whatever has queued, in one transaction, and then answers.

Nothing waits for a timer: while one commit runs, the next batch gathers by itself.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, DBAPIError, InternalError, OperationalError

from gateway.domain.errors import StoreBusy, StoreUnavailable
from gateway.store.watch import Watch

Item = TypeVar("Item")
Ticket = TypeVar("Ticket")
Written = TypeVar("Written")
Done = TypeVar("Done")
Taken = TypeVar("Taken", contravariant=True)
Told = TypeVar("Told", covariant=True)

Write = Callable[[Connection, Sequence[Item]], Sequence[Written]]
"""Writes a batch inside one transaction and returns an outcome for each item. Called again if the batch is split."""
Resolve = Callable[[Sequence[tuple[Ticket, Written | Exception]]], None]
"""Takes the outcomes of a committed (or failed) batch. Called on the writer's thread, once for each batch."""

_LOG = structlog.get_logger("store")


_LONGEST_PAUSE_S = 0.2
"""SQLite's own waiting looks at least every tenth of a second: in a pause of this length it finds its turn."""


_TRIES = 5
_TRY_AGAIN = frozenset({"40001", "40P01"})
"""PostgreSQL's states for two transactions that were in each other's way: one of them was undone."""


_LOOK_AGAIN_S = 1.0
"""How often the store is asked for while something waits for it elsewhere and nothing comes."""


class Spare(Protocol[Taken, Told]):
    """Where items go while the store takes none. Everything in it goes to the store before anything newer."""

    @property
    def holds_any(self) -> bool:
        """Whether something waits for the store."""

    @property
    def is_resting(self) -> bool:
        """Whether the store is to be left alone for a moment."""

    def keep(self, items: Sequence[Taken]) -> Sequence[Told | Exception]:
        """Keep items; return their outcomes."""

    def rest(self) -> None:
        """Hear that the store has failed."""

    def hand_back(self, transact: Callable[[Callable[[Connection], None]], None]) -> None:
        """Write all that is kept; raises StoreUnavailable where the store still fails."""

    def close(self) -> None:
        """Let go."""


class Writer(Generic[Item, Ticket, Written]):
    """Group commit behind a queue. `submit` may be called from any thread.

    One that `gives_way` leaves the store free between two commits for as long as the first of them took. What the store
    does not take goes to `spare`, where there is one.
    """

    def __init__(
        self,
        engine: Engine,
        write: Write[Item, Written],
        resolve: Resolve[Ticket, Written],
        *,
        limit: int = 4096,
        batch: int = 512,
        gives_way: bool = False,
        spare: Spare[Item, Written] | None = None,
    ) -> None:
        self._engine = engine
        self._write = write
        self._resolve = resolve
        self._limit = limit
        self._batch = batch
        # Of several processes with one SQLite file the lock goes to whoever asks in the right instant: a writer that
        # commits again at once keeps the others out for as long as it has work.
        self._gives_way = gives_way
        self._spare = spare
        self._watch = Watch()
        self._queue: deque[tuple[Item, Ticket]] = deque()
        self._work = threading.Condition()
        self._closing = False
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, item: Item, ticket: Ticket) -> None:
        """Queue an item; `resolve` gets its ticket with the outcome. Raises StoreBusy above the limit."""
        self.submit_many([(item, ticket)])

    def submit_many(self, pairs: Sequence[tuple[Item, Ticket]]) -> None:
        """Queue items, all or none. Raises StoreBusy above the limit."""
        with self._work:
            if len(pairs) > self.room():
                raise StoreBusy(f"{len(self._queue)} rows wait for the store already")
            self._queue.extend(pairs)
            self._work.notify()

    def room(self) -> int:
        """Return how many more items the queue takes."""
        return 0 if self._closing else self._limit - len(self._queue)

    def close(self, timeout: float = 10.0) -> None:
        """Commit what is queued, then end the thread; give up after `timeout` seconds."""
        with self._work:
            self._closing = True
            self._work.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            if batch := self._take():
                self._serve(batch)
            elif self._closing:
                break
            else:
                self._is_free()
        self._disconnect()
        if self._spare is not None:
            self._spare.close()

    def _serve(self, batch: Sequence[tuple[Item, Ticket]]) -> None:
        items = [item for item, _ in batch]
        begun = time.monotonic()
        outcomes = self._commit(items) if self._is_free() else self._set_aside(items)
        took = time.monotonic() - begun
        try:
            self._resolve([(ticket, outcome) for (_, ticket), outcome in zip(batch, outcomes, strict=True)])
        except Exception:
            # The rows are safe; whoever asked is gone. The writer has to live for the others.
            _LOG.exception("nobody took the outcomes of a batch", rows=len(items))
        if self._gives_way and self._queue:
            time.sleep(min(took, _LONGEST_PAUSE_S))

    def _take(self) -> list[tuple[Item, Ticket]]:
        patience = _LOOK_AGAIN_S if self._spare is not None and self._spare.holds_any else None
        with self._work:
            self._work.wait_for(lambda: self._queue or self._closing, patience)
            return [self._queue.popleft() for _ in range(min(self._batch, len(self._queue)))]

    def _is_free(self) -> bool:
        """Tell whether nothing older waits for the store; what does is handed back first, where that can be done."""
        spare = self._spare
        if spare is None or not spare.holds_any:
            return True
        if spare.is_resting:
            return False
        try:
            spare.hand_back(self._in_transaction)
        except Exception as error:
            if not isinstance(error, StoreUnavailable):
                _LOG.exception("what is kept on this machine could not be handed back")
            spare.rest()
            return False
        return True

    def _set_aside(self, items: Sequence[Item], error: Exception | None = None) -> list[Written | Exception]:
        """Keep what the store does not take, where there is a place for it."""
        if self._spare is None:
            return [StoreUnavailable("" if error is None else cause_of(error))] * len(items)
        return list(self._spare.keep(items))

    def _commit(self, items: Sequence[Item]) -> list[Written | Exception]:
        """Commit a batch; where an item is at fault, halve the batch until the fault stands alone."""
        try:
            return list(self._transact(lambda connection: self._write(connection, items)))
        except Exception as error:
            self._disconnect()
            if is_the_stores(error):
                _LOG.error("a batch could not be committed", rows=len(items), error=cause_of(error))
                if self._spare is not None:
                    self._spare.rest()
                return self._set_aside(items, error)
            if len(items) == 1:
                _LOG.error("a row could not be committed", error=cause_of(error), kind=type(error).__name__)
                return [error]
        middle = len(items) // 2
        return self._commit(items[:middle]) + self._commit(items[middle:])

    def _in_transaction(self, act: Callable[[Connection], None]) -> None:
        """Run a function in a transaction. Raises StoreUnavailable where the store is at fault."""
        try:
            self._transact(act)
        except Exception as error:
            self._disconnect()
            if is_the_stores(error):
                raise StoreUnavailable(cause_of(error)) from error
            raise

    def _transact(self, act: Callable[[Connection], Done]) -> Done:
        """Run a function in one transaction; once more where that may come out otherwise."""
        for tries_left in reversed(range(_TRIES)):
            is_used = self._connection is not None
            began_to_commit = False
            try:
                connection = self._connect()
                with self._watch.over(connection), connection.begin():
                    done = act(connection)
                    began_to_commit = True
                return done
            except DBAPIError as error:
                # A connection may have died since it was last used: as long as no commit was asked for, nothing is lost
                # by asking a new one.
                died = is_used and not began_to_commit and _is_broken(connection)
                if not tries_left or not (died or _state(error) in _TRY_AGAIN):
                    raise
                self._disconnect()
        raise AssertionError("the last try returns or raises")

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        # After a fault the state of a connection is not worth a guess; a new one costs a millisecond.
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _is_broken(connection: Connection) -> bool:
    return connection.invalidated or bool(getattr(connection.connection.driver_connection, "broken", False))


def is_the_stores(error: Exception) -> bool:
    """Tell whether a fault is the store's own (full, locked, damaged, gone), so that no item is to blame for it."""
    # The plain DatabaseError is a damaged file; those below it that are not named here speak of the data.
    return isinstance(error, OperationalError | InternalError | StoreUnavailable) or type(error) is DatabaseError


def cause_of(error: Exception) -> str:
    """Return why the store failed, in words that name no payer."""
    # The driver's own words, without the statement and its parameters: those hold phone numbers and names. PostgreSQL
    # adds lines that hold the values of keys.
    return str(error.orig).partition("\n")[0] if isinstance(error, DBAPIError) else type(error).__name__
