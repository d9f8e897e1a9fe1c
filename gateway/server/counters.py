"""Counting instead of logging: one cheap number for each request, one line a minute for people."""

from collections import Counter

import structlog

_LOG = structlog.get_logger("intake")


class Counters:
    """Counts of one intake process since it started."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        # Requests with a right key that have begun and are not answered yet.
        self.open = 0
        # Set when the process is about to end: senders are asked not to use their connections again.
        self.stopping = False
        self._told: Counter[str] = Counter()

    def count(self, name: str) -> None:
        """Count one more of these."""
        self.counts[name] += 1

    def tell(self) -> None:
        """Write one log line of what came since the last one, none where nothing did."""
        fresh = self.counts - self._told
        if fresh:
            _LOG.info("requests", **dict(sorted(fresh.items())))
        self._told = self.counts.copy()
