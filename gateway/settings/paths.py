"""Relative paths in a configuration file are relative to that file."""

import os
from pathlib import Path

from gateway.settings.places import quoted


def absolute(name: str, file: str) -> Path:
    """Return a path that stands in `file` as an absolute one; links and .. are left as they are written."""
    return Path(os.path.abspath(file)).parent / name  # noqa: PTH100 (resolve() would follow links)


def shown(path: Path | str) -> str:
    """Return a path as a message shows it: whole, in quotes, on one line."""
    return quoted(str(path), limit=4096)
