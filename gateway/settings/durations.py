"""Durations ("10s", "1m", "2h", "7d") and percentages ("10%") as the configuration writes them."""

import re
from datetime import timedelta

from gateway.settings.places import Steps, quoted
from gateway.settings.report import Report

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_DURATION = re.compile(r"([0-9]{1,6})(ms|s|m|h|d)")
_LONGEST = timedelta(days=3650)


def duration_of(text: str) -> timedelta | None:
    """Return the duration that a text names, None where it names none (or one of more than ten years)."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    length = int(found[1]) * _UNITS[found[2]]
    return length if length <= _LONGEST else None


def duration(report: Report, text: str, steps: Steps) -> timedelta | None:
    """Return the duration of a text that the schema has accepted; None (and an error) where it is too long."""
    found = duration_of(text)
    if found is None:
        report.error(steps, f"must be at most ten years, not {quoted(text)}.")
    return found


def fraction_of(percent: str) -> float:
    """Return 0.1 for "10%". The schema has accepted the text."""
    return float(percent.removesuffix("%")) / 100
