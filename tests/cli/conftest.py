"""The installed command, a configuration made by `init`, and something that takes posts as a gateway would."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

COMMAND = Path(sys.executable).with_name("pesagate")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the installed command in an empty folder, without the configuration that the environment may name."""

    def run(*args: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PESAGATE_")}
        return subprocess.run(
            [COMMAND, *args],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env={**clean, **environment},
            check=False,
        )

    return run


@pytest.fixture
def config(run: Run, tmp_path: Path) -> Path:
    """A configuration fresh from `pesagate init`."""
    made = run("init", "shop")
    assert made.returncode == 0, made.stderr
    return tmp_path / "shop" / "pesagate.yaml"


class Received(NamedTuple):
    """One request that the receiver took."""

    path: str
    content_type: str | None
    body: bytes


class Receiver:
    """Answers as a gateway would: `accepted` to the first, `duplicate` to the same body again, or a fixed status."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.status = 200
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _handler(receiver) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                is_new = all(body != earlier.body for earlier in receiver.received)
                receiver.received.append(Received(self.path, self.headers["Content-Type"], body))
                self.send_response(receiver.status)
                self.send_header("Pesagate-Result", "accepted" if is_new else "duplicate")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that listens on a free port of this machine."""
    receiver = Receiver()
    thread = Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()
