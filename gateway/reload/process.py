"""Whether a process that was told of is still the same: its number may have gone to another one since."""

import os
from pathlib import Path


def started_at(pid: int) -> str | None:
    """Return when a process was started, in the system's own ticks; None where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return None
    # The name in brackets may hold anything, blanks and brackets too.
    return stat.rpartition(")")[2].split()[19]


def is_running(pid: int, started: str | None) -> bool:
    """Tell whether the process is there and was started then."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return started_at(pid) == started
