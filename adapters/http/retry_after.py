"""The wait that a receiver asks for: RFC 9110 section 10.2.3, seconds or a date."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(hours=24)


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Return the wait a Retry-After header asks for, at most 24 hours; None where it says nothing usable."""
    text = (header or "").strip()
    wait = _seconds(text) if text.isascii() and text.isdigit() else _until(text, now)
    return None if wait is None else min(max(wait, timedelta(0)), LONGEST)


def _seconds(digits: str) -> timedelta:
    # Nobody means more than a day; longer numbers would overflow.
    return timedelta(seconds=int(digits)) if len(digits) < 7 else LONGEST


def _until(text: str, now: datetime) -> timedelta | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
