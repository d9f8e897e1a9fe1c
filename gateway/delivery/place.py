"""A file appears whole or not at all: written under another name beside it, on the disk before it is renamed."""

import contextlib
import os
from pathlib import Path

from gateway.crash import point


class TakenError(OSError):
    """A file of that name is there already and holds something else; it stays as it is."""


def place(folder: Path, name: str, body: bytes) -> None:
    """Make a file appear. Again with the same bytes is fine. Raises TakenError, and OSError for what the disk says."""
    folder.mkdir(parents=True, exist_ok=True)
    target, hidden = folder / name, folder / f".{name}.tmp"
    if not target.exists():
        _write(hidden, body)
        point("before_rename")
        hidden.rename(target)
        _sync_folder(folder)
        point("after_rename")
    elif target.read_bytes() != body:
        raise TakenError(f"{target} is there already and is not what would be written: move it away.")
    else:
        # Somebody stopped between the renaming and the mark; the name itself may not be on the disk yet.
        _sync_folder(folder)
    with contextlib.suppress(FileNotFoundError):
        hidden.unlink()


def replace(path: Path, body: bytes) -> None:
    """Put a file where a person wants it, in the stead of what was there. Raises OSError."""
    hidden = path.with_name(f".{path.name}.tmp")
    _write(hidden, body)
    hidden.replace(path)
    _sync_folder(path.parent)


def _write(path: Path, body: bytes) -> None:
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems cannot; the renaming itself is whole there too.
        with contextlib.suppress(OSError):
            os.fsync(opened)
    finally:
        os.close(opened)
