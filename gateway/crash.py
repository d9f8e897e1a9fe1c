"""Crash points: named places at which a test has the process killed, to see that nothing is lost there.

PESAGATE_CRASH_AT=<point>:<n>:<file> kills the process with SIGKILL when it passes the point for the n-th time, and
makes the file; while the file is there nobody is killed, so that one gateway crashes once and its next child lives.
Where the variable is not set, a point costs one comparison.
"""

import os
import signal
from pathlib import Path

REPROCESSING = ("before_reprocessed", "after_reprocessed")
"""Those that `quarantine reprocess` passes, once in each commit."""

POINTS = (
    "before_insert",
    "after_insert",
    "after_commit",
    "after_claim",
    "after_seal",
    "after_begin",
    "after_send",
    *REPROCESSING,
)
"""All points: of a payment in the order in which it passes them, of reprocessing."""

FILE_POINTS = ("after_close", "before_rename", "after_rename")
"""The points of an export file: its lines are settled, its bytes are on the disk, its name is in the folder."""

OPERATING_POINTS = ("in_migration", "after_migration", "before_backup", "in_erasure", "in_reload")
"""A step of `migrate` is made, not committed; it is committed, the next not begun; a backup has no name yet; a portion
of what is to be erased is made, not committed; successors have got going on a reload, and nobody was told to go."""


class Plan:
    """Where this process is to be killed. Each process counts for itself."""

    def __init__(self, name: str, times: int, mark: Path) -> None:
        known = (*POINTS, *FILE_POINTS, *OPERATING_POINTS)
        if name not in known:
            raise ValueError(f"PESAGATE_CRASH_AT: there is no point {name!r}, only {', '.join(known)}")
        self._name = name
        self._left = times
        self._mark = mark

    def passed(self, name: str) -> None:
        """Count, and die when it is time."""
        if name != self._name:
            return
        self._left -= 1
        # Threads may pass at the same moment, so that nought itself could be missed.
        if self._left <= 0 and self._is_first():
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_first(self) -> bool:
        try:
            self._mark.touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def plan_of(text: str | None) -> Plan | None:
    """Return the plan that a value of PESAGATE_CRASH_AT describes, None where there is none."""
    if not text:
        return None
    name, times, mark = text.split(":", 2)
    return Plan(name, int(times), Path(mark))


_PLAN = plan_of(os.environ.get("PESAGATE_CRASH_AT"))


def point(name: str) -> None:
    """Pass a crash point."""
    if _PLAN is not None:
        _PLAN.passed(name)
