"""Whose turn it is to deliver, where several hosts share one store: one process delivers, the others stand by.

Breaker, rate, order and tokens of a destination are in the memory of the process that delivers to it, so that two of
them would be one too many. On SQLite the lock file of `serve` sees to that, and no lease is needed.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import uuid4

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from gateway.delivery.wake import Wake
from gateway.domain.due import DeliveryWrite, Written
from gateway.domain.errors import StoreUnavailable
from gateway.store.leases import give_back, holds, renew, take

_LOG = structlog.get_logger("delivery")

NAME = "delivery"
LEASE_S = 15.0
"""A process that has not been heard of for so long is taken for dead."""
_RENEW_EVERY_S = 3.0
_LOST_EXIT = 72

Write = Callable[[Connection, Sequence[DeliveryWrite]], Sequence[Written]]


class Turn:
    """The right to deliver, once `take` has come back with True."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._holder = f"{_here()}:{os.getpid()}"
        self._wake = Wake()
        self._stopping = False
        self._fence = 0
        self._renewed_at = float("-inf")

    def stop(self) -> None:
        """Give up waiting. Safe in a signal handler."""
        self._stopping = True
        self._wake.up()

    def take(self) -> bool:
        """Wait until it is this process's turn, and hold it from then on; return False where it was told to stop."""
        told = False
        while not self._stopping:
            if self._taken():
                _LOG.info("delivers", holder=self._holder, fence=self._fence)
                threading.Thread(target=self._keep, daemon=True, name="lease").start()
                return True
            if not told:
                _LOG.info("another process delivers; standing by")
                told = True
            self._wake.wait(1.0)
        return False

    def is_sure(self) -> bool:
        """Tell whether nobody can have taken over yet. A process that was frozen, or cut off, is not sure."""
        return time.monotonic() - self._renewed_at < LEASE_S

    def fenced(self, write: Write) -> Write:
        """Return a write that is refused as soon as somebody else has taken over."""

        def write_if_mine(connection: Connection, batch: Sequence[DeliveryWrite]) -> Sequence[Written]:
            if not holds(connection, NAME, self._fence):
                raise StoreUnavailable("another process has taken over the deliveries")
            return write(connection, batch)

        return write_if_mine

    def give_back(self) -> None:
        """Let the next one begin at once."""
        try:
            with self._engine.begin() as connection:
                give_back(connection, NAME, self._fence)
        except DBAPIError as error:
            _LOG.warning("the lease runs out by itself", error=str(error.orig).partition("\n")[0])

    def _taken(self) -> bool:
        began = time.monotonic()
        try:
            with self._engine.begin() as connection:
                fence = take(connection, NAME, self._holder, LEASE_S, _is_gone)
        except DBAPIError as error:
            _LOG.error("the store does not tell whose turn it is", error=str(error.orig).partition("\n")[0])
            return False
        if fence is None:
            return False
        self._fence, self._renewed_at = fence, began
        return True

    def _keep(self) -> None:
        while True:
            time.sleep(_RENEW_EVERY_S)
            began = time.monotonic()
            try:
                with self._engine.begin() as connection:
                    is_mine = renew(connection, NAME, self._fence, LEASE_S)
            except DBAPIError as error:
                _LOG.error("the lease cannot be renewed; trying again", error=str(error.orig).partition("\n")[0])
                continue
            if not is_mine:
                # What is under way here may be under way there too, and nothing of it can be written down: the parent
                # starts this process again, which then stands by.
                _LOG.error("another process has taken over the deliveries; starting anew")
                os._exit(_LOST_EXIT)
            self._renewed_at = began


def _here() -> str:
    """Return where process numbers mean the same processes: this boot of this machine, and in it this container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:
        # Not Linux: a name that nobody else has, so that nobody is taken for dead before his time.
        boot, space = uuid4().hex, Path()
    return f"{socket.gethostname()[:40]}/{boot}/{space}"


def _is_gone(holder: str) -> bool:
    where, _, number = holder.rpartition(":")
    if where != _here() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
