"""How long a sender may take. One look at all connections a second, instead of a timer for each request."""

import time
from collections.abc import Callable
from typing import Any

from tornado.httputil import HTTPConnection


class Patience:
    """Closes connections that take too long for their headers (idle ones too) or for their body.

    A connection that waits for our own answer is not in it.
    """

    def __init__(self, headers_s: float, body_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._headers_s = headers_s
        self._body_s = body_s
        self._clock = clock
        self._waiting: dict[object, tuple[float, HTTPConnection]] = {}

    def wait_for_headers(self, owner: object, connection: HTTPConnection) -> None:
        """The connection `owner` is idle, or has begun a request."""
        self._waiting[owner] = (self._clock() + self._headers_s, connection)

    def wait_for_body(self, owner: object, connection: HTTPConnection) -> None:
        """The headers are there, the body may be on its way."""
        self._waiting[owner] = (self._clock() + self._body_s, connection)

    def forget(self, owner: object) -> None:
        """The request is complete, or the connection gone."""
        self._waiting.pop(owner, None)

    def sweep(self) -> None:
        """Close what has taken too long."""
        now = self._clock()
        late = [(owner, connection) for owner, (deadline, connection) in self._waiting.items() if deadline <= now]
        for owner, connection in late:
            self.forget(owner)
            _close(connection)


def _close(connection: Any) -> None:
    # The stream, not the connection: its reader must notice, so that the request's delegate is told.
    stream = connection.stream
    if stream is not None:
        stream.close()
