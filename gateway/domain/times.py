"""Times: UTC inside, +03:00 in events. Kenya has no daylight saving, so that a fixed offset is exact."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

NAIROBI = timezone(timedelta(hours=3), "EAT")

Clock = Callable[[], datetime]
"""Gives the present instant, aware, in UTC. A parameter wherever time matters, so that tests can move it."""


_MOVED_BY = os.environ.get("PESAGATE_CLOCK_MOVED_BY")


def utc_now() -> datetime:
    """Return the present instant in UTC.

    PESAGATE_CLOCK_MOVED_BY=<file> moves the clock by the seconds that stand in the file, also while the process runs:
    tests see what a wrong clock, and one that is set right, does to payments.
    """
    now = datetime.now(UTC)
    return now if _MOVED_BY is None else now + _moved_by(_MOVED_BY)


def _moved_by(file: str) -> timedelta:
    return timedelta(seconds=float(Path(file).read_text("ascii")))


def nairobi_text(moment: datetime) -> str:
    """Return an aware instant as ISO 8601 with +03:00, whole seconds, microseconds only where there are any."""
    return (moment if moment.tzinfo is NAIROBI else moment.astimezone(NAIROBI)).isoformat()


def parse_time(text: str) -> datetime:
    """Return the instant of an ISO 8601 text with an offset, as `nairobi_text` writes it."""
    return datetime.fromisoformat(text)


def to_micros(moment: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970 (how the store keeps times: exact, comparable)."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_micros(micros: int) -> datetime:
    """Return the instant, in UTC, of whole microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
