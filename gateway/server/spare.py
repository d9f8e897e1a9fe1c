"""Where callbacks go while the store takes none: into the spool, and from there to the store before anything newer."""

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway.domain.callback import Callback
from gateway.domain.errors import StoreUnavailable
from gateway.domain.received import Quarantined, Question, Reason, Received
from gateway.domain.times import from_micros, to_micros
from gateway.store.inbox import Inbox, Probe
from gateway.store.spool import Spool
from gateway.store.spooled import not_there_yet

_LOG = structlog.get_logger("spool")

_AT_ONCE = 256
_SHORTEST_REST_S, _LONGEST_REST_S = 0.5, 10.0

Again = Callable[[Callback], Received]
"""Makes of a callback what intake would make of it."""

Transact = Callable[[Callable[[Connection], None]], None]
"""Runs a function in a transaction of its own."""


class Spare:
    """Keeps what the store does not take. Called on the writer's thread only."""

    def __init__(self, spool: Spool, again: Again, inbox: Inbox, clock: Callable[[], float] = time.monotonic) -> None:
        self._spool = spool
        self._again = again
        # Without quotas: what is in the spool has been acknowledged.
        self._inbox = inbox
        self._clock = clock
        self._rest_s = _SHORTEST_REST_S
        self._resting_until = 0.0
        spool.adopt()

    @property
    def holds_any(self) -> bool:
        """Whether something waits for the store."""
        return self._spool.holds_any

    @property
    def is_resting(self) -> bool:
        """Whether the store was asked so lately that it had better be left alone."""
        return self._clock() < self._resting_until

    def keep(self, items: Sequence[Received | Probe]) -> list[StoreUnavailable | None]:
        """Put items into the spool; return for each None where it is on the disk, else why it is not."""
        lines = [_line(item) for item in items if not isinstance(item, Probe)]
        try:
            self._spool.append(lines)
        except StoreUnavailable as error:
            _LOG.error("callbacks cannot be kept", rows=len(lines), error=str(error))
            return [error] * len(items)
        return [None] * len(items)

    def rest(self) -> None:
        """Leave the store alone for a while, longer each time that it has failed."""
        # What another process has left meanwhile has nobody else to see to it.
        self._spool.adopt()
        self._resting_until = self._clock() + self._rest_s
        self._rest_s = min(2 * self._rest_s, _LONGEST_REST_S)

    def hand_back(self, transact: Transact) -> None:
        """Write all of it to the store. Raises StoreUnavailable where it still takes nothing."""
        while self._spool.holds_any:
            number = 0
            lines = self._spool.oldest()
            while part := list(islice(lines, _AT_ONCE)):
                self._write(transact, [item for item in map(self._item, part) if item is not None])
                number += len(part)
            self._spool.forget_oldest()
            if number:
                _LOG.warning("the store has taken what was kept on this machine", rows=number)
        self._rest_s, self._resting_until = _SHORTEST_REST_S, 0.0

    def close(self) -> None:
        """Let go of the spool's files."""
        self._spool.close()

    def _write(self, transact: Transact, items: Sequence[Received]) -> None:
        def whole(connection: Connection) -> None:
            fresh = not_there_yet(connection, items)
            if fresh:
                self._inbox(connection, fresh)

        try:
            transact(whole)
        except StoreUnavailable:
            raise
        except Exception as error:
            self._write_in_parts(transact, items, error)

    def _write_in_parts(self, transact: Transact, items: Sequence[Received], error: Exception) -> None:
        """Halve a batch until what the store refuses stands alone: its bytes are kept all the same, as at intake."""
        middle = len(items) // 2
        if middle:
            self._write(transact, items[:middle])
            self._write(transact, items[middle:])
        elif not isinstance(items[0], Quarantined):
            self._write(transact, [Quarantined(items[0].callback, Reason.BUG, detail=type(error).__name__)])
        else:
            _LOG.error("the store refuses what was kept", error=type(error).__name__)
            self._spool.set_aside(_line(items[0]))

    def _item(self, line: bytes) -> Received | None:
        try:
            told = json.loads(line)
            callback = _callback(told)
        except (ValueError, KeyError, TypeError) as error:
            _LOG.error("a line of the spool cannot be read", error=type(error).__name__, bytes=len(line))
            self._spool.set_aside(line)
            return None
        try:
            return self._received(told, callback)
        except Exception as error:
            return Quarantined(callback, Reason.BUG, detail=type(error).__name__)

    def _received(self, told: Any, callback: Callback) -> Received:
        if told.get("set_aside"):
            reason, path, detail = told["set_aside"]
            return Quarantined(callback, Reason(reason), path, detail)
        received = self._again(callback)
        if isinstance(received, Question):
            decision, because = told["decided"]
            return Question(callback, received.facts, decision, because)
        return received


def _line(item: Received) -> bytes:
    callback = item.callback
    told: dict[str, Any] = {
        "id": callback.id,
        "tenant": callback.tenant,
        "shortcode": callback.shortcode,
        "kind": callback.kind,
        "body": b64encode(callback.body).decode("ascii"),
        "content_type": callback.content_type,
        "headers": dict(callback.headers),
        "context": dict(callback.context),
        "source": callback.source,
        "received_at": to_micros(callback.received_at),
    }
    if isinstance(item, Quarantined):
        told["set_aside"] = (item.reason.value, item.path, item.detail)
    elif isinstance(item, Question):
        told["decided"] = (item.decision, item.because)
    return json.dumps(told, separators=(",", ":")).encode()


def _callback(told: Any) -> Callback:
    return Callback(
        id=told["id"],
        tenant=told["tenant"],
        shortcode=told["shortcode"],
        kind=told["kind"],
        body=b64decode(told["body"]),
        content_type=told["content_type"],
        headers=told["headers"],
        context=told["context"],
        source=told["source"],
        received_at=from_micros(told["received_at"]),
    )
