"""A small ERP that takes payments over HTTP, books each event once, and says what it did."""

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


class Erp:
    """A receiving ERP on a free loopback port. `arrivals` counts how often each (path, event id) came."""

    def __init__(self) -> None:
        self.arrivals: Counter[tuple[str, str]] = Counter()
        self._entries: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def book(self, path: str, event: dict[str, object]) -> dict[str, object]:
        """Book an event under its id; the same id once more changes nothing."""
        key = (path, str(event["id"]))
        with self._lock:
            self.arrivals[key] += 1
            known = key in self._entries
            entry = self._entries.setdefault(key, len(self._entries) + 1)
        return {"entry": entry, "status": "already booked" if known else "booked"}

    def __enter__(self) -> "Erp":
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(erp: Erp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = json.dumps(erp.book(self.path, json.loads(body))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the story is told by the gateway."""

    return Handler
