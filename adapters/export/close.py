"""When gathered lines become a file: at a time of day, every so many minutes, or as soon as there are so many."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from gateway.domain.export import Cut
from gateway.domain.times import NAIROBI

DEFAULT_CLOSE = "00:15"

_FIRST_HOUR = time(1)
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_EVERY = re.compile(r"(?:every )?([0-9]{1,6}) ?(m|minutes?|lines?)", re.ASCII)
_LONGEST_MINUTES = 24 * 60


class BadCloseError(ValueError):
    """A `close` that cannot be read; the text says what it has to look like."""


@dataclass(frozen=True, slots=True)
class Close:
    """When files appear. Exactly one of `minutes` and `at` counts; `lines` closes what is full before that."""

    at: time = time(0, 15)
    minutes: int | None = None
    lines: int | None = None

    def cut(self, now: datetime, most: int | None) -> Cut:
        """Return what is to be closed now: what was booked before the last moment of closing, and what is full."""
        last = self._last(now.astimezone(NAIROBI))
        # A close soon after midnight is for the days before. The day that has only just begun waits for the next one.
        begun = self.minutes is None and self.at < _FIRST_HOUR
        return Cut(last, f"{last:%Y%m%d}" if begun else None, self.lines, most)

    def _last(self, now: datetime) -> datetime:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if self.minutes is not None:
            step = timedelta(minutes=self.minutes)
            return midnight + (now - midnight) // step * step
        today = midnight.replace(hour=self.at.hour, minute=self.at.minute)
        return today if today <= now else today - timedelta(days=1)


def close_of(written: str) -> Close:
    """Return what a `close` says. Raises BadCloseError."""
    if found := _TIME.fullmatch(written):
        return Close(at=time(int(found[1]), int(found[2])))
    found = _EVERY.fullmatch(written)
    number = int(found[1]) if found else 0
    if found and found[2].startswith("line") and number:
        return Close(lines=number)
    if found and found[2].startswith("m") and 0 < number <= _LONGEST_MINUTES:
        return Close(minutes=number)
    raise BadCloseError(
        f'`close` is {written[:40]!r}; it has to be a time of day in Nairobi ("00:15"), "every 15 minutes" (at most '
        f'{_LONGEST_MINUTES}), or "every 500 lines".'
    )
