"""Children: started with a log of their own, watched through /proc, ended by their ids."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The code beside this folder is what is measured, wherever else it may be installed too.
OURS = {**os.environ, "PYTHONPATH": str(ROOT)}
_TICK = os.sysconf("SC_CLK_TCK")


class PortTakenError(Exception):
    """Somebody listens on the port that a child was to have: two servers on one port would share the load."""


class NotReadyError(Exception):
    """A child did not answer in time."""


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def refuse_taken(port: int) -> None:
    """Raise PortTakenError where somebody listens on the port."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise PortTakenError(f"port {port} is taken")


class Child:
    """A process with its descendants. `path` answers anything below 500 once it is ready."""

    def __init__(
        self, command: Sequence[str | Path], port: int, path: str, log: Path, environment: Mapping[str, str] = {}
    ) -> None:
        refuse_taken(port)
        self.port = port
        self.log = log
        with log.open("ab") as out:
            # `python -m` looks into the folder it is started in before anything else.
            self._process = subprocess.Popen(command, stdout=out, stderr=out, env={**OURS, **environment}, cwd=ROOT)
        self.pid: int = self._process.pid
        try:
            self._wait_ready(path)
        except BaseException:
            self.end()
            raise

    def _wait_ready(self, path: str, seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            if (status := status_of(self.port, path)) is not None and status < 500:
                return
            time.sleep(0.05)
        said = self.log.read_text("utf-8", "replace")[-2000:]
        raise NotReadyError(f"{self.log.name}: the server is not ready, or has ended\n{said}")

    def tree(self) -> list[int]:
        """Return the ids of the process and of all its descendants."""
        return descendants(self.pid)

    def cpu(self) -> float:
        """Return the seconds of processor time that the tree has used so far."""
        return sum(map(cpu_seconds, self.tree()))

    def end(self, seconds: float = 15.0) -> None:
        """End it as an operator would; whatever is left of it after that, by force."""
        pids = self.tree()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        for pid in pids:
            if pid == self.pid and self._process.poll() is not None:
                continue
            if parent_of(pid) in (*pids, 1) or pid == self.pid:
                signal_to(pid, signal.SIGKILL)
        self._process.wait(5)


def status_of(port: int, path: str, body: bytes | None = None, timeout: float = 3.0) -> int | None:
    """Return the status of one request, None where there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET" if body is None else "POST", path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def descendants(pid: int) -> list[int]:
    """Return a process and those below it, the parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := parent_of(int(entry.name))) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for known in found:
        found += children.get(known, [])
    return found


def parent_of(pid: int) -> int | None:
    """Return the id of a process's parent, None where the process is gone."""
    fields = _stat(pid)
    return int(fields[1]) if fields else None


def cpu_seconds(pid: int) -> float:
    """Return user and system time of one process, 0 where it is gone."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICK if fields else 0.0


def memory_mb(pid: int) -> tuple[float, float]:
    """Return resident and proportional set size of a process in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    return sizes["Rss"] / 1024, sizes["Pss"] / 1024


def signal_to(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _stat(pid: int) -> list[str]:
    try:
        # The name of the program may hold blanks; what counts comes after its closing bracket.
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return []
