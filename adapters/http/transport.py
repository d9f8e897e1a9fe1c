"""Sending one request over `requests`: pooled, guarded, no redirects, one bound of time to the last byte.

`requests.Session` is left out on purpose: it would bring cookies, redirects, proxies and .netrc from the environment.
"""

import http.client
import io
import math
import socket
import ssl
import time
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager, Retry, Timeout, make_headers
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from adapters.http.guard import Guard, RefusedAddress
from adapters.http.network import Network, Proxy
from adapters.http.outgoing import Outgoing
from adapters.http.tls import tls_context

__all__ = ["NoConnectionError", "Transport", "tls_context"]

POOL_SIZE = 32


class NoConnectionError(HTTPError):
    """No connection came about, so nothing was sent. Its cause says why."""


class Transport(HTTPAdapter):
    """A pool of connections. Safe from several threads; usable again after `close`."""

    def __init__(self, network: Network, context: ssl.SSLContext) -> None:
        self._network = network
        self._context = context
        self._guard = Guard(network.allow_private)
        self._classes = _pool_classes(self._guard, _seconds(network.read_timeout))
        # total=False: no retry inside, and errors come as they are.
        super().__init__(pool_connections=4, pool_maxsize=POOL_SIZE, max_retries=Retry(total=False))

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """Make the pool out of connections that are guarded, and that tell 'never connected' from 'cut'."""
        pool: dict[str, Any] = {"num_pools": connections, "maxsize": maxsize, "block": block, **pool_kwargs}
        pool["ssl_context"] = self._context
        proxy = self._network.proxy
        self.poolmanager = PoolManager(**pool) if proxy is None else _proxied(proxy, pool)
        self.poolmanager.pool_classes_by_scheme = self._classes

    def cert_verify(self, conn: Any, url: str | None, verify: Any, cert: Any) -> None:
        """Leave the certificates to the shared context: `requests` would read its bundle anew for every connection."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return what stands in the request line: behind a proxy for plain http the whole address."""
        if self._network.proxy is not None and urlsplit(request.url or "").scheme == "http":
            return str(request.url)
        return super().request_url(request, proxies)

    def exchange(self, outgoing: Outgoing, seconds: float) -> requests.Response:
        """Send, and return as soon as the answer's headers are there; its body is read by the caller.

        Raises NoConnectionError where nothing was sent; after any other error the request may have arrived.
        """
        prepared = _prepared(outgoing.method, outgoing.url).copy()
        if self._network.proxy is not None:
            self._look_at(prepared.url or "")
        prepared.headers.update(outgoing.headers)
        prepared.body = outgoing.body or None
        connect = min(seconds, _seconds(self._network.connect_timeout))
        bound = Timeout(total=seconds, connect=connect, read=seconds)
        return self.send(prepared, stream=True, timeout=bound)  # type: ignore[arg-type]

    def _look_at(self, url: str) -> None:
        try:
            self._guard.look_at(urlsplit(url).hostname or "")
        except RefusedAddress as error:
            raise NoConnectionError("No connection.") from error


def _seconds(bound: timedelta | None) -> float:
    return math.inf if bound is None else bound.total_seconds()


@lru_cache(maxsize=256)
def _prepared(method: str, url: str) -> requests.PreparedRequest:
    """Return the part of a request that stays the same for every event."""
    return requests.Request(method, url).prepare()


def _proxied(proxy: Proxy, pool: dict[str, Any]) -> ProxyManager:
    headers = None
    if proxy.user is not None and proxy.password is not None:
        headers = make_headers(proxy_basic_auth=f"{proxy.user}:{proxy.password.reveal()}")
    return ProxyManager(proxy.url, proxy_headers=headers, proxy_ssl_context=tls_context(), **pool)


class _BoundedBytes(io.RawIOBase):
    """Bytes of a socket until a deadline. A socket's own time-out starts anew with every byte that trickles in."""

    def __init__(self, raw: io.RawIOBase, wait: Callable[[float], None], deadline: float, silence: float) -> None:
        self._raw = raw
        self._wait = wait
        self._deadline = deadline
        self._silence = silence

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The answer took too long.")
        self._wait(min(left, self._silence))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedAnswer(http.client.HTTPResponse):
    """An answer whose headers and body together must come within the time-out that is left when waiting begins."""

    # Seconds without a byte that are waited for; set by `_pool_classes`.
    silence: float

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        left = sock.gettimeout()
        if left is not None:
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_BoundedBytes(raw, sock.settimeout, time.monotonic() + left, self.silence))


class _Guarded:
    """What both kinds of connection have: the guard opens them, and where that fails nothing was sent."""

    guard: Guard

    # What urllib3's connections have.
    _dns_host: str
    port: int
    timeout: float | None
    socket_options: Any

    def _new_conn(self) -> socket.socket:
        # The name as it was written: the TLS layer checks the certificate against it, whatever address is used.
        return self.guard.connect(self._dns_host, self.port, self.timeout, self.socket_options)

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except (HTTPError, OSError, ValueError) as error:
            raise NoConnectionError("No connection.") from error


def _pool_classes(guard: Guard, silence: float) -> dict[str, Any]:
    """Return pools whose connections know their guard and their patience: urllib3 hands such things to no one."""
    answer = type("_Answer", (_BoundedAnswer,), {"silence": silence})
    own = {"guard": guard, "response_class": answer}
    plain = type("_Connection", (_Guarded, HTTPConnection), own)
    tls = type("_TlsConnection", (_Guarded, HTTPSConnection), own)
    return {
        "http": type("_Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("_TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }
