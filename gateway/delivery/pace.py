"""How fast requests follow each other: a bucket that fills by the clock it is told."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.domain.lane import Rate

_SMOOTH = timedelta(milliseconds=100)
"""What may gather while nobody looks: at fast rates more than one request, at slow ones just one."""


@dataclass
class Pace:
    """Lets requests begin one interval after the other. In any stretch of time there are at most as many as the rate
    has for it, and those that may gather in a tenth of a second (at least one).
    """

    rate: Rate
    # When the next one is due, were it to keep the interval exactly.
    _next: datetime | None = field(default=None, init=False)

    def room(self, now: datetime) -> int:
        """Return how many requests may begin now."""
        return max(0, (now - self._from(now)) // self.rate.interval + 1)

    def began(self, number: int, now: datetime) -> None:
        """Count requests that begin now."""
        self._next = self._from(now) + number * self.rate.interval

    def opening(self, now: datetime) -> datetime:
        """Return when the next request may begin."""
        return max(self._from(now), now)

    def _from(self, now: datetime) -> datetime:
        earliest = now - (self._gathers - 1) * self.rate.interval
        if self._next is None:
            return now
        if self._next > now + self._gathers * self.rate.interval:
            # The clock has gone back: nobody waits for the old time to come again.
            return now + self.rate.interval
        return max(self._next, earliest)

    @property
    def _gathers(self) -> int:
        return max(1, _SMOOTH // self.rate.interval)
