"""What may befall a gateway from outside: a full disk, a store that another holds, a clock that is wrong."""

import contextlib
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from gateway.domain.settings import Secret
from gateway.store.engine import WRITER_LOCK, open_engine

DISK_MB = 48


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Make the folder a small disk of its own, where this user may mount one; tell whether it is."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "pesagate-test", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            # Whoever still has a file open there must not keep the machine from getting rid of it.
            subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, seconds: float) -> None:
    """Leave no byte free on the disk of a folder for a while."""
    ballast = folder / "ballast"
    try:
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            for size in (1 << 16, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass
        time.sleep(seconds)
    finally:
        ballast.unlink(missing_ok=True)


def refuse_writes(pids: Callable[[], Sequence[int]], seconds: float) -> None:
    """Let the kernel refuse every byte that processes would write to a file, for a while. Needs no rights.

    Not for their parent: whatever dies meanwhile is started again without that limit.
    """
    _limit_files(pids(), 0)
    try:
        time.sleep(seconds)
    finally:
        _limit_files(pids(), None)


def _limit_files(pids: Sequence[int], limit: int | None) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if limit is None else limit, hard))


def hold(store: Secret, seconds: float) -> None:
    """Hold the lock of a store's writers for a while."""
    engine = open_engine(store)
    if engine.dialect.name == "sqlite":
        with engine.begin():
            time.sleep(seconds)
        return
    # In a session of its own: the server ends a transaction of ours that does nothing for long.
    with create_engine(store.reveal(), isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as holder:
        holder.exec_driver_sql(f"SELECT pg_advisory_lock({WRITER_LOCK})")
        time.sleep(seconds)
        holder.exec_driver_sql(f"SELECT pg_advisory_unlock({WRITER_LOCK})")


class MovedClock:
    """A clock that every process of a gateway shares and that a test sets."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.move(0)

    @property
    def environment(self) -> dict[str, str]:
        """What the gateway has to be started with."""
        return {"PESAGATE_CLOCK_MOVED_BY": str(self._file)}

    def move(self, seconds: float) -> None:
        """Set the clock so many seconds ahead of the true one, or behind it."""
        written = self._file.with_suffix(".new")
        written.write_text(str(seconds), encoding="ascii")
        written.replace(self._file)
