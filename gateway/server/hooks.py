"""The hot path: requests to hooks, on Tornado's public message delegates without the handlers above them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import parse_qsl

import structlog
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
    format_timestamp,
)
from tornado.iostream import StreamClosedError

from gateway.domain.callback import Callback
from gateway.domain.ids import RowIds
from gateway.domain.received import Quarantined, Reason
from gateway.domain.settings import Network
from gateway.domain.times import Clock
from gateway.pipeline.hooks import Hook, Hooks
from gateway.server.answers import Answer, Decision, answer, wrong_method
from gateway.server.counters import Counters
from gateway.server.intake import Intake, last_resort
from gateway.server.source import allowed, origin

PREFIX = "/hooks/"
MAX_BODY = 64 * 1024
# A body that is too long is read on, so that its sender is listening when the answer comes; but not for ever.
DRAIN = 1024 * 1024
_MAX_CONTEXT = 16
_MAX_VALUE = 256
_MAX_HEADERS = 64
# They are of no use later and may hold a secret of the sender's.
_NOT_KEPT = frozenset({"authorization", "cookie", "proxy-authorization"})

_LOG = structlog.get_logger("intake")


@dataclass(frozen=True, slots=True)
class Desk:
    """What every request to a hook needs."""

    hooks: Hooks
    intake: Intake
    ids: RowIds
    clock: Clock
    counters: Counters
    # Networks of our own proxies: what they say of a sender's address counts.
    trusted: tuple[Network, ...] = ()


class HookRequest(HTTPMessageDelegate):
    """One request to a hook, or to a path that we do not have.

    Authentication needs only its first line; a body is kept only for a right key.
    """

    def __init__(self, desk: Desk, connection: HTTPConnection) -> None:
        self._desk = desk
        self._connection = connection
        self._chunks: list[bytes] = []
        self._length = 0
        self._answered = False
        self._said = False
        # Only a right key has one.
        self._hook: Hook | None = None
        # What is answered whatever the body says, and without keeping it.
        self._refusal: Decision | None = Decision.NOT_FOUND

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        """Authenticate: find the hook of the key, or remember what to answer instead."""
        assert isinstance(start_line, RequestStartLine)  # noqa: S101 - a server's delegate sees requests only
        self._method = start_line.method
        self._headers = headers
        self._plain = start_line.version == "HTTP/1.1" and "Connection" not in headers
        path, _, self._query = start_line.path.partition("?")
        key, _, kind = path.removeprefix(PREFIX).partition("/")
        hook = self._desk.hooks.find(key, kind) if path.startswith(PREFIX) else None
        self._source = origin(_peer(self._connection), headers.get_list("X-Forwarded-For"), self._desk.trusted)
        if hook is not None and self._is_taken(hook):
            self._hook = hook
            self._refusal = None if self._method in hook.methods else Decision.WRONG_METHOD
            self._desk.counters.open += 1
        # Tornado would cut an oversized body off with an answer of its own: ours is the same for every length.
        self._connection.set_max_body_size(1 << 62)  # type: ignore[attr-defined]

    def data_received(self, chunk: bytes) -> None:
        """Keep the body up to the limit; read on a little for the sake of a sender who is still speaking."""
        if self._answered:
            return
        if self._refusal is None and self._length <= MAX_BODY:
            self._chunks.append(chunk)
        self._length += len(chunk)
        if self._length > DRAIN:
            self._respond()

    def finish(self) -> None:
        """The request is complete: answer it."""
        if not self._answered:
            self._respond()

    def _respond(self) -> None:
        self._answered = True
        if self._refusal is not None or self._hook is None:
            self._send(self._refusal or Decision.NOT_FOUND)
            self._close()
        else:
            self._start(self._hook)

    def on_connection_close(self) -> None:
        """The connection is gone before the request was complete: a cut or a slow body. Nothing is stored."""
        if not self._answered:
            self._answered = True
            self._close()
            self._desk.counters.refused("cut_off")
            _LOG.info("a request was cut off or too slow", hook=self._hook is not None)

    def _is_taken(self, hook: Hook) -> bool:
        """Tell whether the source address may come in at all; `refuse` answers it as a wrong key."""
        shortcode = hook.shortcode
        self._from_elsewhere = not allowed(self._source, shortcode.allow_from)
        return not (self._from_elsewhere and shortcode.on_mismatch == "refuse")

    def _start(self, hook: Hook) -> None:
        self._began = time.perf_counter()
        try:
            callback = self._callback(hook, self._desk.clock())
            self._desk.intake.take(hook, callback, self._done, self._refused(callback))
        except Exception as error:
            # The sender must not wait for ever.
            _LOG.error("a request could not be taken", error=type(error).__name__)
            self._done(None, last_resort(hook))

    def _done(self, decision: Decision | None, said: Answer) -> None:
        if self._said:
            return
        self._said = True
        if decision is not None and self._hook is not None:
            self._desk.counters.answered(self._hook, decision.value, time.perf_counter() - self._began)
        try:
            self._write(said)
        finally:
            self._close()

    def _close(self) -> None:
        if self._hook is not None:
            self._desk.counters.open -= 1

    def _refused(self, callback: Callback) -> Quarantined | None:
        if self._from_elsewhere:
            return Quarantined(callback, Reason.SOURCE_ADDRESS, detail=f"{self._source} is not in allow_from")
        if self._length > MAX_BODY:
            return Quarantined(callback, Reason.TOO_LARGE, detail="over 64 KiB; the first 64 KiB are kept")
        return None

    def _callback(self, hook: Hook, now: datetime) -> Callback:
        return Callback(
            id=self._desk.ids.next(),
            tenant=hook.shortcode.tenant,
            shortcode=hook.shortcode.number,
            kind=hook.kind_name,
            body=b"".join(self._chunks)[:MAX_BODY],
            content_type=self._headers.get("Content-Type", "")[:_MAX_VALUE],
            headers=kept(self._headers.get_all()),
            context=_context(self._query),
            source=self._source,
            received_at=now,
        )

    def _send(self, decision: Decision) -> None:
        self._desk.counters.refused(decision.value)
        if decision is Decision.WRONG_METHOD and self._hook is not None:
            self._write(wrong_method(self._hook.methods))
        else:
            self._write(answer(decision, b""))

    def _write(self, said: Answer) -> None:
        write(self._connection, said, self._method, plain=self._plain, last=self._desk.counters.stopping)


def write(connection: HTTPConnection, said: Answer, method: str, *, plain: bool, last: bool = False) -> None:
    """Send an answer; `last` asks the sender not to use the connection again.

    `plain` says that Tornado would add nothing to the headers (HTTP/1.1 without a Connection header): then the whole
    answer is bytes that are made once a second. A sender who has gone away meanwhile misses the answer; what it speaks
    of is done all the same.
    """
    second = int(time.time())
    try:
        if plain and not last and method != "HEAD":
            connection.write(_same_bytes(said, second))
        else:
            line = ResponseStartLine("", said.status, said.reason)
            connection.write_headers(line, _headers(said, second, last), None if method == "HEAD" else said.body)
        connection.finish()
    except StreamClosedError:
        return


def _headers(said: Answer, second: int, last: bool) -> HTTPHeaders:
    headers = HTTPHeaders()
    for name, value in (*said.headers, ("Date", format_timestamp(second))):
        headers.add(name, value)
    if last:
        headers["Connection"] = "close"
    return headers


@lru_cache(maxsize=64)
def _same_bytes(said: Answer, second: int) -> bytes:
    lines = [f"HTTP/1.1 {said.status} {said.reason}", *(f"{name}: {value}" for name, value in said.headers)]
    head = "\r\n".join([*lines, f"Date: {format_timestamp(second)}", "", ""])
    return head.encode("latin1") + said.body


def _peer(connection: HTTPConnection) -> str:
    return str(getattr(connection.context, "remote_ip", "") or "")  # type: ignore[attr-defined]


def _context(query: str) -> dict[str, str]:
    """Return the query parameters, bounded: more than 16, or longer than 256 characters, are cut."""
    if not query:
        return {}
    pairs = parse_qsl(query[: _MAX_CONTEXT * _MAX_VALUE], keep_blank_values=True, errors="replace")
    return {_bounded(name): _bounded(value) for name, value in pairs[:_MAX_CONTEXT]}


def _bounded(text: str) -> str:
    return text[:_MAX_VALUE].replace("\x00", "")


def kept(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return what is kept of headers: bounded, names in small letters, without those that hold a sender's secrets."""
    told: dict[str, str] = {}
    for written, value in headers:
        name = _lower(written)
        if name in told:
            # Tornado joins what comes twice in the same way.
            told[name] = f"{told[name]},{value}"[:1024]
        elif name not in _NOT_KEPT and len(told) < _MAX_HEADERS:
            told[name] = value[:1024]
    return told


_lower = lru_cache(maxsize=1024)(str.lower)
