"""HTTP by hand, for what no client library would send."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """One answer, to the byte."""

    status: int
    headers: dict[str, str]
    body: bytes
    head: bytes

    @property
    def result(self) -> str | None:
        """What Pesagate says that it made of the request."""
        return self.headers.get("pesagate-result")

    @property
    def bytes_but_date(self) -> bytes:
        """The whole answer without its Date line."""
        lines = [line for line in self.head.split(b"\r\n") if not line.lower().startswith(b"date:")]
        return b"\r\n".join(lines) + self.body


class Wire:
    """One connection."""

    def __init__(self, base: str, timeout: float = 30) -> None:
        parts = urlsplit(base)
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 80), timeout)
        self._read = self.socket.makefile("rb")

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.socket.sendall(piece)

    def reply(self, to_head: bool = False) -> Reply:
        """Read one answer; interim ones (100) come as answers of their own. Raises EOFError where none comes."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._read.readline()
            if not line:
                raise EOFError(f"the connection ended after {head!r}")
            head += line
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = 0 if to_head else int(headers.get("content-length", 0))
        return Reply(int(first.split()[1]), headers, self._read.read(length), head)

    def ended(self) -> bool:
        """Wait for the other side to close; False where it says something instead."""
        try:
            return self._read.read(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self._read.close()
        self.socket.close()


@contextmanager
def connected(base: str, timeout: float = 30) -> Iterator[Wire]:
    """Give a connection and close it afterwards."""
    wire = Wire(base, timeout)
    try:
        yield wire
    finally:
        wire.close()


def request(method: str, path: str, body: bytes = b"", *headers: str, length: bool = True) -> bytes:
    """Return the bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: gateway", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def chunked(body: bytes, size: int = 8192) -> bytes:
    """Return a body in chunks."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def ask(base: str, method: str, path: str, body: bytes = b"", *headers: str) -> Reply:
    """Send one request on a connection of its own."""
    with connected(base) as wire:
        wire.send(request(method, path, body, *headers))
        return wire.reply(to_head=method == "HEAD")
