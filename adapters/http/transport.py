"""Sending one request over `requests`: pooled, no redirects, one bound of time from connect to last byte.

`requests.Session` is left out on purpose: it would bring cookies, redirects, proxies and .netrc from the environment.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Retry, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from adapters.http.outgoing import Outgoing

POOL_SIZE = 32


class NoConnectionError(HTTPError):
    """No connection came about, so nothing was sent. Its cause says why."""


class Transport(HTTPAdapter):
    """A pool of connections. Safe from several threads; usable again after `close`."""

    def __init__(self) -> None:
        # total=False: no retry inside, and errors come as they are.
        super().__init__(pool_connections=1, pool_maxsize=POOL_SIZE, max_retries=Retry(total=False))

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """Make the pool out of connections that tell 'never connected' from 'cut', and bound the whole answer."""
        self.poolmanager = PoolManager(
            num_pools=connections, maxsize=maxsize, block=block, ssl_context=tls_context(), **pool_kwargs
        )
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def cert_verify(self, conn: Any, url: str | None, verify: Any, cert: Any) -> None:
        """Leave the certificates to the shared context: `requests` would read its bundle anew for every connection."""

    def post(self, prepared: requests.PreparedRequest, request: Outgoing, timeout: float) -> requests.Response:
        """Send, and return as soon as the answer's headers are there; its body is read by the caller.

        Raises NoConnectionError where nothing was sent; after any other error the request may have arrived.
        """
        outgoing = prepared.copy()
        outgoing.headers.update(request.headers)
        # An empty body would give a GET a length.
        outgoing.body = request.body or None
        bound = Timeout(total=timeout, connect=timeout, read=timeout)
        return self.send(outgoing, stream=True, timeout=bound)  # type: ignore[arg-type]


@cache
def tls_context() -> ssl.SSLContext:
    """Return the context of all TLS connections. Reading its certificates takes longer than a delivery: done once."""
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


class _BoundedBytes(io.RawIOBase):
    """Bytes of a socket until a deadline. A socket's own time-out starts anew with every byte that trickles in."""

    def __init__(self, raw: io.RawIOBase, wait: Callable[[float], None], deadline: float) -> None:
        self._raw = raw
        self._wait = wait
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The answer took too long.")
        self._wait(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedAnswer(http.client.HTTPResponse):
    """An answer whose headers and body together must come within the time-out that is left when waiting begins."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        left = sock.gettimeout()
        if left is not None:
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_BoundedBytes(raw, sock.settimeout, time.monotonic() + left))


class _Connection(HTTPConnection):
    response_class = _BoundedAnswer

    def connect(self) -> None:
        try:
            super().connect()
        except (HTTPError, OSError, ValueError) as error:
            raise NoConnectionError("No connection.") from error


class _TlsConnection(HTTPSConnection):
    response_class = _BoundedAnswer

    def connect(self) -> None:
        try:
            super().connect()
        except (HTTPError, OSError, ValueError) as error:
            raise NoConnectionError("No connection.") from error


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
