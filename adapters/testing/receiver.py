"""A real HTTP server whose answers a test writes down beforehand."""

import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Answer:
    """One scripted answer of a Receiver."""

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    # Seconds until the answer begins.
    delay: float = 0.0
    # before: closes without an answer. middle: closes after half the body. trickle: a byte of the body now and then,
    # without end. trickle-head: the same with the status line.
    cut: Literal["before", "middle", "trickle", "trickle-head"] | None = None
    # Written instead of an HTTP answer; the connection is closed after it.
    garbage: bytes | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """One request as the Receiver got it; header names in lower case, `at` in unix seconds."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    # The port it came from: the same for two requests on one kept connection.
    client_port: int


class Receiver:
    """A real HTTP server on a loopback port: records what it gets, answers from a script, then as told."""

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.default = Answer()
        # Says what a request gets by what is in it, where the script has come to its end.
        self.decide: Callable[[Received], Answer] | None = None
        self.requests: list[Received] = []
        self._script: deque[Answer] = deque()
        self._arrival = threading.Condition()
        self._stopping = threading.Event()
        self._scheme = "https" if tls else "http"
        self._server = _Server(self, port, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The address without a path."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.cut_all()
        self._server.server_close()
        self._thread.join()

    def script(self, *answers: Answer) -> None:
        """Queue answers; each is used once, in this order."""
        with self._arrival:
            self._script.extend(answers)

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Received]:
        """Wait until `count` requests are there and return all; raises TimeoutError where they do not come."""
        with self._arrival:
            if not self._arrival.wait_for(lambda: len(self.requests) >= count, timeout):
                raise TimeoutError(f"{len(self.requests)} of {count} requests came within {timeout:g} s")
            return list(self.requests)

    def take(self, received: Received) -> Answer:
        """Record a request and return the answer it gets."""
        with self._arrival:
            self.requests.append(received)
            self._arrival.notify_all()
            if self._script:
                return self._script.popleft()
            return self.default if self.decide is None else self.decide(received)

    def pause(self, seconds: float) -> bool:
        """Sleep, but not beyond the end of the receiver; return whether it goes on."""
        return not self._stopping.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, receiver: Receiver, port: int, tls: ssl.SSLContext | None) -> None:
        self.receiver = receiver
        self._tls = tls
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self._tls:
            # The handshake comes with the first read, in the connection's own thread.
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._open.add(connection)
        return connection, address

    def cut_all(self) -> None:
        """End the connections that wait for a next request, or `server_close` would wait for them."""
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a client that hangs up is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Record the request and answer as the script says."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        names = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, self.path, names, body, time.time(), self.client_address[1])
        answer = self.server.receiver.take(received)
        if self.server.receiver.pause(answer.delay):
            self._answer(answer)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_POST  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _answer(self, answer: Answer) -> None:
        self.close_connection |= answer.cut is not None or answer.garbage is not None
        head, half = self._head(answer), len(answer.body) // 2
        if answer.garbage is not None:
            self.wfile.write(answer.garbage)
        elif answer.cut == "middle":
            self.wfile.write(head + answer.body[:half])
        elif answer.cut == "trickle":
            self.wfile.write(head)
            self._trickle(answer.body)
        elif answer.cut == "trickle-head":
            self._trickle(head.partition(b"\r\n")[0])
        elif answer.cut is None:
            self.wfile.write(head + answer.body)

    def _head(self, answer: Answer) -> bytes:
        endless = answer.cut == "trickle"
        reason = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else "Odd"
        bodiless = answer.status in (204, 304)
        length = {} if bodiless else {"Content-Length": "1000000" if endless else str(len(answer.body))}
        lines = [f"HTTP/1.1 {answer.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in {**length, **answer.headers}.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _trickle(self, body: bytes) -> None:
        for index in range(1_000_000):
            self.wfile.write(body[index % len(body) :][:1])
            if not self.server.receiver.pause(0.02):
                return
