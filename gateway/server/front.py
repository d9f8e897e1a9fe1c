"""The door: requests to hooks take the hot path, the few other paths we have go to an ordinary Tornado Application."""

from typing import Any

from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)

from gateway.server.hooks import PREFIX, Desk, HookRequest
from gateway.server.patience import Patience
from gateway.server.site import Site


class Front(HTTPServerConnectionDelegate):
    """Starts every request. `site` names the paths that its Application serves; any other path is unknown."""

    def __init__(self, desk: Desk, site: Site, patience: Patience) -> None:
        self._desk = desk
        self._site = site
        self._patience = patience

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        """Return what takes the request; who that is, is known only with its first line."""
        self._patience.wait_for_headers(server_conn, request_conn)
        return _Chooser(self, self._patience, server_conn, request_conn)

    def on_close(self, server_conn: object) -> None:
        """The connection is gone."""
        self._patience.forget(server_conn)

    def choose(self, path: str, server_conn: Any, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        """Return who takes a request for this path."""
        if not path.startswith(PREFIX) and self._site.has(path.partition("?")[0]):
            return self._site.application.start_request(server_conn, request_conn)
        # An unknown path is a hook without a key: nobody can tell it from a hook with a wrong one.
        return HookRequest(self._desk, request_conn)


class _Chooser(HTTPMessageDelegate):
    """Waits for the first line, then steps aside."""

    def __init__(self, front: Front, patience: Patience, server_conn: object, request_conn: HTTPConnection) -> None:
        self._front = front
        self._patience = patience
        self._server_conn = server_conn
        self._request_conn = request_conn

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> Any:
        assert isinstance(start_line, RequestStartLine)  # noqa: S101 - a server's delegate sees requests only
        self._patience.wait_for_body(self._server_conn, self._request_conn)
        self._chosen = self._front.choose(start_line.path, self._server_conn, self._request_conn)
        return self._chosen.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Any:
        return self._chosen.data_received(chunk)

    def finish(self) -> None:
        self._patience.forget(self._server_conn)
        self._chosen.finish()

    def on_connection_close(self) -> None:
        self._chosen.on_connection_close()
