"""A copy of the store beside a running gateway, by SQLite's online backup: one moment of it, whole or not there."""

import fcntl
import os
import shlex
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy.engine import URL, make_url

from gateway.crash import point
from gateway.domain.errors import StoreError
from gateway.domain.settings import Secret
from gateway.store.prepare import database_file

Progress = Callable[[int, int], None]
"""Hears how many pages of how many have been copied."""

_PAGES = 1024


def other_way(store_url: Secret, file: Path) -> str | None:
    """Return the command that backs up a store that is a server's, None where `backup` does it.

    The password is left out: pg_dump takes it from ~/.pgpass or $PGPASSWORD.
    """
    url = make_url(store_url.reveal())
    if url.get_backend_name() == "sqlite":
        return None
    address = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    ).render_as_string()
    return shlex.join(["pg_dump", "--format=custom", f"--file={file}", f"--dbname={address}"])


def backup(store_url: Secret, file: Path, progress: Progress = lambda _done, _all: None) -> int:
    """Copy an SQLite store to a file, atomically; return its size in bytes. Raises StoreError where it cannot.

    The copy is of one moment, on the disk, checked, and one file: it needs no log beside it.
    """
    source = check_target(store_url, file)
    with _part_of(file) as part:
        try:
            _copy(source, part, progress)
        except sqlite3.Error as error:
            raise StoreError(f"The backup {file} was not made: {error}.") from error
        point("before_backup")
        _put(part, file)
    return file.stat().st_size


def check_target(store_url: Secret, file: Path) -> Path:
    """Return the store's own file. Raises StoreError where the backup must not, or cannot, go to `file`."""
    source = database_file(store_url)
    if source is None:
        raise StoreError("store.url: a store in memory cannot be backed up.")
    if file.is_dir():
        raise StoreError(f"{file} is a folder: name a file in it.")
    if not file.parent.is_dir():
        raise StoreError(f"The folder {file.parent} does not exist: create it, or name another one.")
    its_own = {source.with_name(source.name + ending).resolve() for ending in ("", "-wal", "-shm", ".lock")}
    if file.resolve() in its_own:
        raise StoreError(f"{file} belongs to the store itself: name another file, best on another disk.")
    return source


@contextmanager
def _part_of(file: Path) -> Iterator[Path]:
    """Give the file to write to, beside the one that it becomes; take it away where it has not become that."""
    part = file.with_name(f".{file.name}.part")
    try:
        # It has names and phone numbers in it.
        opened = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    except OSError as error:
        raise StoreError(f"{part} cannot be written: {error.strerror}.") from None
    with opened:
        _claim(opened, part, file)
        try:
            yield part
        except OSError as error:
            _clear(part)
            raise StoreError(f"The backup {file} was not made: {error.strerror}.") from error
        except BaseException:
            _clear(part)
            raise


def _claim(opened: IO[bytes], part: Path, file: Path) -> None:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between opening and locking, another one may have finished and given this very file its name.
        is_ours = os.path.samestat(os.fstat(opened.fileno()), part.stat())
    except (BlockingIOError, FileNotFoundError):
        is_ours = False
    if not is_ours:
        raise StoreError(f"Another backup to {file} is being made: wait for it, or name another file.")
    # One that was killed has left its beginning.
    opened.truncate()


def _clear(part: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        part.with_name(part.name + ending).unlink(missing_ok=True)


def _copy(source: Path, part: Path, progress: Progress) -> None:
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True, timeout=10)) as store,
        closing(sqlite3.connect(part, isolation_level=None)) as copy,
    ):
        # One view for the whole copy: with every commit of the gateway it would begin anew otherwise.
        store.execute("BEGIN")
        store.execute("SELECT count(*) FROM sqlite_master").fetchone()
        # Whether it is on the disk is seen to once, at the end.
        copy.execute("PRAGMA synchronous = OFF")
        store.backup(copy, pages=_PAGES, sleep=0, progress=lambda _status, left, total: progress(total - left, total))
        # The store's log stays with the store.
        copy.execute("PRAGMA journal_mode = DELETE")
        _check(copy)


def _check(copy: sqlite3.Connection) -> None:
    found = [said for (said,) in copy.execute("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        raise sqlite3.DatabaseError(f"the store is damaged, restore an earlier backup ({'; '.join(found)})")
    orphans = copy.execute("PRAGMA foreign_key_check").fetchall()
    if orphans:
        raise sqlite3.DatabaseError(f"the store is damaged: {len(orphans)} rows refer to nothing")


def _put(part: Path, file: Path) -> None:
    _sync(part)
    part.replace(file)
    _sync(file.parent)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
