"""Requests of one turn of the event loop go to the writer together, one turn later.

Waking the writer's thread at the first of them would make it fight the loop for the interpreter and commit a batch of
one; a turn later the batch has most of what the loop has read. Measured: docs/performance.md.
"""

import asyncio
from collections.abc import Callable, Sequence

from gateway.domain.errors import StoreBusy, StoreUnavailable
from gateway.domain.received import Received
from gateway.server.intake import Ticket

Pair = tuple[Received, Ticket]


class Gather:
    """Collects what is submitted in one turn. `room` gives how many more rows the writer takes."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        submit_many: Callable[[Sequence[Pair]], None],
        room: Callable[[], int],
    ) -> None:
        self._loop = loop
        self._submit_many = submit_many
        self._room = room
        self._pairs: list[Pair] = []

    def submit(self, item: Received, ticket: Ticket) -> None:
        """Queue an item for the writer. Raises StoreBusy where too many wait already."""
        if len(self._pairs) >= self._room():
            raise StoreBusy("too many rows wait for the store already")
        self._pairs.append((item, ticket))
        if len(self._pairs) == 1:
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        pairs, self._pairs = self._pairs, []
        try:
            self._submit_many(pairs)
        except StoreUnavailable as error:
            for _, ticket in pairs:
                ticket(error)


class Nudge:
    """Wakes delivery once for all that was committed in one turn."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self._loop = loop
        self._wake = wake
        self._pending = False

    def __call__(self) -> None:
        """Ask for it; it is done at the end of the turn."""
        if not self._pending:
            self._pending = True
            self._loop.call_soon(self._up)

    def _up(self) -> None:
        self._pending = False
        self._wake()
