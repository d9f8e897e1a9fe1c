"""The listening sockets: bound once by the parent, or taken from systemd, and inherited by every intake process."""

import errno
import socket
import time
from collections.abc import Sequence
from types import TracebackType

import structlog

from gateway.domain.errors import PesagateError
from gateway.domain.settings import Server

_BACKLOG = 1024

_LOG = structlog.get_logger("parent")


class Listeners:
    """Listening sockets of this process; a child closes its own copies without touching anybody else's."""

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        self.sockets = sockets

    @classmethod
    def of(cls, server: Server, passed: Sequence[socket.socket] = ()) -> "Listeners":
        """Return the sockets that systemd has passed, else one bound as configured.

        Raises PesagateError where the address cannot be had.
        """
        found = cls(passed or [bind(server.host, server.port)])
        addresses = [_shown(listener) for listener in found.sockets]
        _LOG.info("listening", addresses=addresses, given_by="systemd" if passed else "server.listen")
        return found

    def close(self) -> None:
        """Close them here. Closing twice is harmless."""
        for listener in self.sockets:
            listener.close()

    def __enter__(self) -> "Listeners":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()


def bind(host: str, port: int, retry_s: float = 5.0) -> socket.socket:
    """Return a listening socket. A port that is taken is tried again for `retry_s` seconds: an old one may be going.

    Raises PesagateError where the address cannot be had.
    """
    deadline = time.monotonic() + retry_s
    while True:
        try:
            return _bind(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= deadline:
                raise PesagateError(_sentence(host, port, error)) from None
        time.sleep(0.1)


def _bind(host: str, port: int) -> socket.socket:
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _shown(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"server.listen: {host}:{port} is in use by another program; stop it, or choose another port."
    return f"server.listen: {host}:{port} cannot be used: {error.strerror or error}."
