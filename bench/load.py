"""Load on one server for a moment, by wrk where it is installed, else by the bundled client: never by both."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import bodies
from processes import Child

HERE = Path(__file__).parent
CONNECTIONS = 64


@dataclass(frozen=True)
class Outcome:
    """What one round of load brought. `generated` bounds from above what may have reached the server."""

    requests: int
    seconds: float
    non_2xx: int
    errors: int
    p50_ms: float
    p99_ms: float
    generated: int
    cpu_s: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of processor time that the server's processes used for one answer."""
        return self.cpu_s / max(self.requests, 1) * 1e6


class Load:
    """The load generator of a run. Every round has a number of its own, so that no id comes twice."""

    def __init__(self, folder: Path) -> None:
        self.wrk = shutil.which("wrk")
        self._body = folder / "body.json"
        self._body.write_text(bodies.template(), "utf-8")
        self._rounds = count(1)

    @property
    def name(self) -> str:
        """What makes the load."""
        return "wrk" if self.wrk else "the bundled asyncio client (no wrk here: it is slower than what it measures)"

    def run(self, child: Child, paths: Sequence[str], seconds: float, mix: str = "unique") -> Outcome:
        """Load a server and return what came of it."""
        number = next(self._rounds)
        command = self._wrk(child, paths, seconds, mix, number) if self.wrk else self.client(child, paths, seconds, mix)
        before = child.cpu()
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True)
        cpu = child.cpu() - before
        return Outcome(**json.loads(done.stdout.splitlines()[-1]), cpu_s=cpu)

    def client(self, child: Child, paths: Sequence[str], seconds: float, mix: str = "unique") -> list[str]:
        """Return the command of the bundled client, which can keep account."""
        options = {"port": child.port, "paths": ",".join(paths), "body": self._body, "seconds": seconds, "mix": mix}
        options |= {"round": next(self._rounds), "connections": CONNECTIONS}
        return [sys.executable, str(HERE / "client.py"), *(f"--{name}={value}" for name, value in options.items())]

    def _wrk(self, child: Child, paths: Sequence[str], seconds: float, mix: str, number: int) -> list[str]:
        # The script makes the latency percentiles; wrk takes whole seconds only.
        shape = ["-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "-s", str(HERE / "wrk.lua")]
        given = [mix, str(number), str(self._body), ",".join(paths)]
        return [str(self.wrk), *shape, f"http://127.0.0.1:{child.port}/", "--", *given]
