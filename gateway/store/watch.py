"""Ends a transaction on a server that has fallen silent: the driver itself would wait for ever.

A server that stands still while its machine goes on keeps the connection alive, so that no time-out of the network ends
it, and its own time-outs stand still with it.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

from sqlalchemy import Connection

SILENCE_S = 20.0
"""Longer than a writer waits for another one (12 s)."""


class Watch:
    """Looks after the transactions of one thread."""

    def __init__(self, silence_s: float = SILENCE_S) -> None:
        self._silence_s = silence_s
        self._lock = threading.Lock()
        self._socket: int | None = None
        self._until = 0.0
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def over(self, connection: Connection) -> Iterator[None]:
        """Cut the connection where the block takes too long; what it then raises is the driver's."""
        number = _socket_of(connection)
        if number is None:
            yield
            return
        self._begin(number)
        try:
            yield
        finally:
            # Before the connection is closed: the number may then be another one's.
            with self._lock:
                self._socket = None

    def _begin(self, number: int) -> None:
        with self._lock:
            self._socket, self._until = number, time.monotonic() + self._silence_s
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(min(1.0, self._silence_s / 4))
            with self._lock:
                if self._socket is not None and time.monotonic() > self._until:
                    _cut(self._socket)
                    self._socket = None


def _socket_of(connection: Connection) -> int | None:
    """Return the number of a server connection's socket, None where there is no server."""
    driver = connection.connection.driver_connection
    found: int | None = driver.fileno() if connection.dialect.name != "sqlite" and driver is not None else None
    return found


def _cut(number: int) -> None:
    borrowed = socket.socket(fileno=number)
    try:
        with contextlib.suppress(OSError):
            borrowed.shutdown(socket.SHUT_RDWR)
    finally:
        borrowed.detach()
