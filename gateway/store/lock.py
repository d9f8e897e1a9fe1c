"""The lock that keeps a second gateway off an SQLite store: two would both deliver."""

import fcntl
import time
from pathlib import Path
from types import TracebackType
from typing import IO

from gateway.domain.errors import StoreError
from gateway.domain.settings import Secret
from gateway.store.prepare import database_file, require_folder

_RETRY_S = 5.0


class StoreLock:
    """Holds <database>.lock while the gateway runs. The kernel lets go of it when the last process is gone."""

    def __init__(
        self,
        store_url: Secret,
        remedy: str = "stop it first, or give this one a store of its own (store.url)",
    ) -> None:
        self._remedy = remedy
        database = database_file(store_url)
        self._path: Path | None = None if database is None else database.with_name(f"{database.name}.lock")

    def __enter__(self) -> None:
        """Take the lock. Raises StoreError where another gateway has it, or the folder does not take a file."""
        if self._path is None:
            return
        require_folder(self._path)
        try:
            self._file = self._path.open("a")
        except OSError as error:
            raise StoreError(f"store.url: {self._path} cannot be written: {error.strerror}.") from None
        # Children of a gateway that was killed hold the lock until they have gone too.
        deadline = time.monotonic() + _RETRY_S
        while not _locked(self._file):
            if time.monotonic() >= deadline:
                self._file.close()
                raise StoreError(f"Another gateway is running on this store ({self._path} is locked): {self._remedy}.")
            time.sleep(0.05)

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._path is not None:
            self._file.close()


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
