"""The listening socket: bound once by the parent and inherited by every intake process."""

import errno
import socket
import time

from gateway.domain.errors import PesagateError

_BACKLOG = 1024


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


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"server.listen: {host}:{port} is in use by another program; stop it, or choose another port."
    return f"server.listen: {host}:{port} cannot be used: {error.strerror or error}."
