"""The gateway of the demonstration: `pesagate serve` in a process of its own, on the example configuration."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import SystemRandom
from shutil import copyfile

import requests

from gateway import resources
from gateway.app import load_settings
from gateway.domain.errors import PesagateError
from gateway.domain.settings import Settings
from gateway.keys import generate

_START_LIMIT_S = 30.0
_STOP_LIMIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway that takes callbacks."""

    config: Path
    settings: Settings
    log: Path
    # What the configuration file takes from the environment.
    environment: Mapping[str, str]

    @property
    def base(self) -> str:
        """Where it listens."""
        return f"http://{self.settings.server.host}:{self.settings.server.port}"


@contextmanager
def gateway(folder: Path, erp_url: str) -> Iterator[Running]:
    """Start the gateway in an empty folder; end it afterwards. Raises PesagateError where it does not start."""
    config = folder / "pesagate.yaml"
    copyfile(resources.example("demo.yaml"), config)
    environment = _environment(folder, erp_url)
    os.environ.update(environment)
    running = Running(config, load_settings(config), folder / "gateway.log", environment)
    with running.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "gateway", "serve", "-c", str(config)], stdout=log, stderr=log
        )
    try:
        _wait_ready(running, process)
        yield running
    finally:
        _end(process)


def _environment(folder: Path, erp_url: str) -> Mapping[str, str]:
    rng = SystemRandom()
    keys = {name: generate(rng) for name in ("DUKA_PAYBILL_KEY", "DUKA_TILL_KEY", "MAMA_KEY")}
    return {
        **keys,
        "DEMO_ERP_URL": erp_url,
        "DEMO_LISTEN": f"127.0.0.1:{_free_port()}",
        "DEMO_STORE": str(folder / "pesagate-demo.db"),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_ready(running: Running, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{running.base}/readyz", timeout=2).ok:
                return
        except requests.RequestException:
            # Not there yet, or so busy with getting there that it lets us wait.
            time.sleep(0.05)
    raise PesagateError(f"The gateway did not start. It said:\n{running.log.read_text('utf-8', 'replace')}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
