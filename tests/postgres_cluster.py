"""A PostgreSQL server of a test's own, which it may stop, kill and start again. Skips where none is installed."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from gateway_process import free_port
from sqlalchemy.engine import URL, make_url


def programs() -> Path | None:
    """Return the folder of initdb and pg_ctl."""
    found = shutil.which("pg_ctl")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


class Cluster:
    """One server in a folder, run by a user who is not root."""

    def __init__(self, folder: Path, programs: Path, user: str | None) -> None:
        self._data = folder / "data"
        self._programs = programs
        self._user = user
        self.port = free_port()
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "--no-sync")

    @property
    def url(self) -> URL:
        return make_url(f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._data.parent}"
        log = self._data.parent / "log"
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-l", log, "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: `immediate` is a crash, `fast` cuts all connections in good order."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", mode, "stop")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let all its processes stand still; the machine goes on."""
        main = int((self._data / "postmaster.pid").read_text().split()[0])
        pids = [main, *(int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split())]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def end(self) -> None:
        if (self._data / "postmaster.pid").exists():
            self.stop()

    def _run(self, program: str, *args: str | Path) -> None:
        command = [self._programs / program, *args]
        done = subprocess.run(
            command, user=self._user, cwd=self._data.parent, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=90, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{program} ended with {done.returncode}"


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Give a server that runs; it is gone afterwards."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server is installed here")
    user = None
    place = Path(tempfile.mkdtemp(prefix="pesagate-pg-"))
    if os.geteuid() == 0:
        # It refuses to be run by root.
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("there is no user postgres to run a server as")
        user = "postgres"
        os.chown(place, owner.pw_uid, owner.pw_gid)
    made = None
    try:
        made = Cluster(place, folder, user)
        made.start()
        yield made
    finally:
        if made is not None:
            made.end()
        shutil.rmtree(place, ignore_errors=True)
