"""Filters for times and days. Where a time has no zone of its own, Nairobi is meant."""

import re
from datetime import date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.domain.times import NAIROBI
from gateway.expressions.filters.values import BadValue


def local(value: Any, zone: str = "Africa/Nairobi") -> datetime:
    """Return an instant in a time zone, Nairobi's unless told."""
    moment = _moment(value, "local")
    if isinstance(moment, datetime):
        return moment.astimezone(_zone(zone))
    raise BadValue("`local` takes a time, not a date")


def as_date(value: Any, form: str = "%Y-%m-%d") -> str:
    """Return the day of a time, as the clock shows it there; what comes without a zone of its own is cut in Nairobi."""
    return _formatted(_moment(value, "date"), form, "date")


def clock_time(value: Any, form: str = "%H:%M:%S") -> str:
    """Return the time of day."""
    return _formatted(_moment(value, "time"), form, "time")


def _moment(value: Any, name: str) -> datetime | date:
    if isinstance(value, datetime | date):
        return value
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found if found.tzinfo is None else found.astimezone(NAIROBI)
    except ValueError:
        pass
    raise BadValue(f"`{name}` cannot read a time in the value")


def _formatted(moment: datetime | date, form: str, name: str) -> str:
    # A width, as in %9999d, would make a text of any length.
    if not _DATE_FORM.fullmatch(form):
        raise BadValue(f"`{name}` takes a format of % and one letter each, as in '%d/%m/%Y'")
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return moment.strftime(form)


def _zone(name: str) -> tzinfo:
    if name == "Africa/Nairobi":
        return NAIROBI
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadValue("`local` knows no time zone of that name") from None


_DATE_FORM = re.compile(r"(?:[^%]|%[A-Za-z%])*")
