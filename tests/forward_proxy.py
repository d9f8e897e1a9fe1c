"""A real forward proxy: CONNECT for https, whole addresses for http, with credentials where a test wants them."""

import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class ForwardProxy:
    """Carries connections and writes down what was asked of it."""

    def __init__(self, pair: str | None = None) -> None:
        self.asked: list[str] = []
        self._wanted = None if pair is None else f"basic {b64encode(pair.encode()).decode()}".lower()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(65536)
            line = head.partition(b"\r\n")[0].decode()
            self.asked.append(line)
            if self._wanted is not None and self._wanted not in head.decode("latin-1").lower():
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            method, target, _ = line.split(" ")
            place = target if method == "CONNECT" else target.split("/")[2]
            host, _, port = place.rpartition(":")
            with socket.create_connection((host, int(port))) as server:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                else:
                    server.sendall(head)
                _both_ways(client, server)


def _both_ways(client: socket.socket, server: socket.socket) -> None:
    back = threading.Thread(target=_pour, args=(server, client), daemon=True)
    back.start()
    _pour(client, server)
    back.join(20)


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def forward_proxy(pair: str | None = None) -> Iterator[ForwardProxy]:
    made = ForwardProxy(pair)
    try:
        yield made
    finally:
        made.end()
