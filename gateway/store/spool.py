"""Files on this machine that keep callbacks while the store takes none. What `append` returned from is on the disk.

Each process writes a file of its own and holds a lock on it. A file that nobody has locked is what a process that is
gone has left: whoever finds it takes it over.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import time_ns
from typing import IO

import structlog

from gateway.domain.errors import StoreError, StoreUnavailable

_LOG = structlog.get_logger("spool")

SIZE_LIMIT = 256 << 20
"""Bytes that one process keeps at most: some hundred thousand callbacks."""

_ENDING = ".spool"


class Spool:
    """The files of one process in a folder that it may share with others. Not for several threads."""

    def __init__(self, folder: Path, size_limit: int = SIZE_LIMIT) -> None:
        self._folder = folder
        self._limit = size_limit
        self._path: Path | None = None
        self._own: IO[bytes] | None = None
        self._size = 0
        self._left: list[tuple[Path, IO[bytes]]] = []

    @property
    def holds_any(self) -> bool:
        """Whether there is anything that the store has not taken yet."""
        return bool(self._left) or self._size > 0

    def append(self, lines: Sequence[bytes]) -> None:
        """Put lines on the disk, all or none. Raises StoreUnavailable where it is full or takes them not."""
        text = b"".join(line + b"\n" for line in lines)
        try:
            file = self._file()
            # Reading may have stopped anywhere.
            before = file.seek(0, os.SEEK_END)
            if before + len(text) > self._limit:
                raise StoreUnavailable("the spool is full")
            self._write(file, before, text)
            self._size = before + len(text)
        except OSError as error:
            raise StoreUnavailable(f"the spool takes nothing: {error.strerror}") from error

    def adopt(self) -> None:
        """Take over the files of processes that are gone."""
        for path in sorted(self._folder.glob(f"*{_ENDING}")):
            # One that somebody else has taken over meanwhile is gone by now.
            try:
                file = path.open("rb+")
            except FileNotFoundError:
                continue
            if _locked(file) and path.exists():
                self._left.append((path, file))
            else:
                file.close()

    def oldest(self) -> Iterator[bytes]:
        """Give the lines of the oldest file, in order. Half a line at its end was never acknowledged."""
        file = self._left[0][1] if self._left else self._own
        if file is None:
            return
        file.seek(0)
        for line in file:
            if line.endswith(b"\n"):
                yield line[:-1]

    def forget_oldest(self) -> None:
        """Take away the file that `oldest` gives: the store has it all."""
        if self._left:
            path, file = self._left.pop(0)
            path.unlink(missing_ok=True)
            file.close()
        elif self._own is not None:
            self._own.truncate(0)
            os.fsync(self._own.fileno())
            self._size = 0

    def set_aside(self, line: bytes) -> None:
        """Keep a line that the store will never take beside the files, for a person to look at."""
        with (self._folder / "refused").open("ab") as file:
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        """Let go of the files; an empty one goes."""
        if self._own is not None and self._path is not None:
            if self._size == 0:
                self._path.unlink(missing_ok=True)
            self._own.close()
            self._own = self._path = None
        for _, file in self._left:
            file.close()
        self._left = []

    def _file(self) -> IO[bytes]:
        if self._own is None:
            self._path, self._own = self._made()
            _sync_folder(self._folder)
            _LOG.error("the store takes nothing: callbacks are kept on this machine", file=self._path.name)
        return self._own

    def _made(self) -> tuple[Path, IO[bytes]]:
        while True:
            # Names in the order of their making; the oldest is handed back first.
            path = self._folder / f"{time_ns():020d}-{secrets.token_hex(4)}{_ENDING}"
            file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "rb+", buffering=0)
            if _locked(file):
                return path, file
            # Between the two somebody has taken it for one that was left behind, and will take it away.
            file.close()

    def _write(self, file: IO[bytes], before: int, text: bytes) -> None:
        try:
            written = 0
            while written < len(text):
                written += file.write(text[written:])
            os.fsync(file.fileno())
        except OSError:
            # Nobody is told that these are kept: they must not come back.
            file.truncate(before)
            raise


def require_spool(folder: Path) -> None:
    """Make the folder. Raises StoreError where nothing can be written there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"store.spool: the folder {folder} cannot be written: {error.strerror}. Name another one, or say off."
        ) from None


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
