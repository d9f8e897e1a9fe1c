"""The installed `pesagate serve` as its users run it: a process of its own, a configuration file, a store on disk."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from config_file import as_yaml

COMMAND = Path(sys.executable).with_name("pesagate")
KEY = "test-key-0123456789-ABCDEFGHIJ"


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def configuration(port: int, erp: str, **shortcode: Any) -> dict[str, Any]:
    """Return a configuration of one tenant that sends everything to one destination."""
    return {
        "version": 1,
        "server": {"listen": f"127.0.0.1:{port}"},
        "store": {"url": "sqlite:///pesagate.db"},
        "tenants": {
            "duka": {
                "name": "Duka Moja Ltd",
                "shortcodes": {"600638": {"type": "paybill", "key": KEY, "hold_older_than": "off", **shortcode}},
                "destinations": {
                    "erp": {
                        "adapter": "http",
                        "url": erp,
                        "allow_private": True,
                        "timeout": "5s",
                        "retry": {"schedule": ["1s", "1s", "1s", "1s", "1s"], "jitter": "0%"},
                    }
                },
                "routes": [{"when": {"type": ["payment.*"]}, "to": ["erp"]}],
            }
        },
    }


class Gateway:
    """A gateway in a folder. It may be started and killed as often as a test likes."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        self.folder = folder
        self.config = config
        self.path = folder / "pesagate.yaml"
        self.log = folder / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)

    @property
    def base(self) -> str:
        """Where it listens."""
        return f"http://{self.config['server']['listen']}"

    def write(self) -> None:
        """Write the configuration file."""
        self.path.write_text(as_yaml(self.config), encoding="utf-8")

    def start(self, **environment: str) -> "Gateway":
        """Start it and wait until it can commit."""
        self.write()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [COMMAND, "serve", "-c", self.path], stderr=log, stdout=log, env={**os.environ, **environment}
            )
        self.wait_ready()
        return self

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Wait until /readyz says so."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}:\n{self.log.read_text()}")
            try:
                if requests.get(f"{self.base}/readyz", timeout=2).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready after {seconds} s:\n{self.log.read_text()}")

    def children(self) -> dict[str, int]:
        """Return the pids of the children by name, as the log told them last."""
        return {
            line["process"]: line["pid"] for line in self.log_lines() if line["event"] == "started" and "pid" in line
        }

    def log_lines(self) -> list[dict[str, Any]]:
        """Return what it has logged."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines() if line.startswith("{")]

    def post(self, kind: str, body: bytes | dict[str, Any], key: str = KEY, query: str = "") -> requests.Response:
        """Post a callback."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return requests.post(f"{self.base}/hooks/{key}/{kind}{query}", data=data, headers=headers, timeout=30)

    def run(self, *args: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command on its configuration."""
        return subprocess.run(
            [COMMAND, "-c", self.path, *args], capture_output=True, text=True, timeout=60, check=False
        )

    def rows(self, *args: str) -> list[dict[str, Any]]:
        """Run a command with --json and return its objects."""
        done = self.run(*args, "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wait_for_state(self, state: str, number: int = 1, seconds: float = 20.0) -> list[dict[str, Any]]:
        """Wait until so many deliveries are in a state; return all deliveries."""
        deadline = time.monotonic() + seconds
        while True:
            rows = self.rows("deliveries")
            if sum(row["state"] == state for row in rows) >= number:
                return rows
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"no {number} {state} deliveries after {seconds} s: {rows}\n{self.log.read_text()}"
                )
            time.sleep(0.1)

    def stop(self) -> int:
        """End it as an operator would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def kill(self, pids: Sequence[int] | None = None) -> None:
        """SIGKILL the parent and all its children at once, or only these."""
        assert self.process is not None
        for pid in [self.process.pid, *self.children().values()] if pids is None else pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if pids is None:
            self.process.wait(10)

    def end(self) -> None:
        """Make sure that nothing of it is left."""
        if self.process is not None and self.process.poll() is None:
            self.kill()


@contextmanager
def gateway(folder: Path, config: dict[str, Any]) -> Iterator[Gateway]:
    """Give a gateway that is not started yet; end whatever was started of it."""
    made = Gateway(folder, config)
    try:
        yield made
    finally:
        made.end()
