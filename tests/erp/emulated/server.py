"""An emulated ERP: a real HTTP server that answers as its documentation, or a run of the real system, says.

What an ERP is known to do under trouble can be asked of it: `then(...)` scripts what happens to the next requests.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def header(self, name: str) -> str:
        """Return a header, empty where it is missing."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


@dataclass(frozen=True)
class Told:
    """One answer; `cut` loses it on the way."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


def told(status: int, document: Any, **headers: str) -> Told:
    """Return a JSON answer. Underscores of header names are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Told(status, json.dumps(document).encode(), {"Content-Type": "application/json", **named})


def html(status: int, title: str) -> Told:
    """Return a page, as servers and proxies answer when something is badly wrong."""
    page = f"<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n"
    return Told(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


Fault = Callable[["EmulatedErp", Asked], Told | None]


class EmulatedErp:
    """Base of the emulated ERPs: subclasses answer; what was booked stands in `booked`, by receipt."""

    prefix = ""

    def __init__(self) -> None:
        self.lock = Lock()
        # One entry for each record that was made: (receipt, amount as text).
        self.booked: list[tuple[str, str]] = []
        self.asked: list[Asked] = []
        self._faults: deque[Fault] = deque()
        erp = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                erp._serve(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.prefix}"

    def then(self, *faults: Fault) -> None:
        """Script the next requests, one fault each; a fault that returns None lets its request through."""
        with self.lock:
            self._faults.extend(faults)

    def answer(self, asked: Asked) -> Told:
        """Answer a request; called with the lock held, as if by the ERP's database."""
        raise NotImplementedError

    def requests(self, method: str, part: str = "") -> list[Asked]:
        """Return the requests of a method whose path has a part."""
        return [asked for asked in self.asked if asked.method == method and part in asked.path]

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        asked = self._read(request)
        with self.lock:
            self.asked.append(asked)
            fault = self._faults.popleft() if self._faults else None
            answer = (fault(self, asked) if fault else None) or self.answer(asked)
        if answer.cut:
            request.close_connection = True
            return
        request.send_response(answer.status)
        for name, value in answer.headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(answer.body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(answer.body)

    @staticmethod
    def _read(request: BaseHTTPRequestHandler) -> Asked:
        parts = urlsplit(request.path)
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        return Asked(request.command, unquote(parts.path), query, dict(request.headers.items()), body)

    def __enter__(self) -> "EmulatedErp":
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def quoted(text: str) -> str:
    """Return a text as a filter of OData has it: quotes inside are doubled."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def answers(answer: Told) -> Fault:
    """Return a fault: this is answered, nothing is done."""
    return lambda _erp, _asked: answer


def loses_its_answer(erp: EmulatedErp, asked: Asked) -> Told:
    """Do as asked, and lose the answer."""
    done = erp.answer(asked)
    return Told(done.status, cut=True)


def falls_over(_erp: EmulatedErp, _asked: Asked) -> Told:
    """Do nothing and cut the connection."""
    return Told(500, cut=True)


def does_and_fails(erp: EmulatedErp, asked: Asked) -> Told:
    """Do as asked, then answer as a proxy before the ERP that has lost its patience."""
    erp.answer(asked)
    return html(504, "Gateway Time-out")


def lets_through(_erp: EmulatedErp, _asked: Asked) -> None:
    """Answer as usual."""
