"""Stands between the gateway and an ERP, and loses the ERP's answer when told to: the ERP has done it, nobody heard."""

import http.client
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import urlsplit


class CuttingProxy:
    """Passes requests on; `cut` names the next request whose answer is lost."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self._lock = Lock()
        self._cut: re.Pattern[str] | None = None
        # Request lines whose answers were lost.
        self.lost: list[str] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                proxy._serve(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _pass_on  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where it listens, with the path of what it stands before."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self._upstream.path}"

    def cut(self, pattern: str) -> None:
        """Lose the answer to the next request whose line ("POST /path?query") the pattern is found in."""
        with self._lock:
            self._cut = re.compile(pattern)

    def _is_lost(self, line: str) -> bool:
        with self._lock:
            lost = self._cut is not None and self._cut.search(line) is not None
            if lost:
                self._cut = None
                self.lost.append(line)
        return lost

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(self._upstream.hostname or "", self._upstream.port, timeout=60)
        try:
            headers = {k: v for k, v in request.headers.items() if k.lower() not in ("connection", "host")}
            connection.request(request.command, request.path, body or None, headers)
            answer = connection.getresponse()
            data = answer.read()
        except OSError:
            request.close_connection = True
            return
        finally:
            connection.close()
        if self._is_lost(f"{request.command} {request.path}"):
            request.close_connection = True
            return
        request.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def __enter__(self) -> "CuttingProxy":
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def cutting(upstream: str) -> Iterator[CuttingProxy]:
    """Give a running proxy before an address."""
    with CuttingProxy(upstream) as proxy:
        yield proxy
