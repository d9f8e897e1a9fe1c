"""Counting instead of logging: some cheap numbers for each request, one line a minute for people."""

from collections import Counter

import structlog

from gateway.domain.settled import Issue, Settled
from gateway.metrics.board import Tally
from gateway.metrics.series import ANSWER_SECONDS, CALLBACKS, EVENTS, REFUSED, Spreads
from gateway.pipeline.hooks import Hook

_LOG = structlog.get_logger("intake")

UNKNOWN_KIND = "unknown"
"""The label of kinds that we do not know: whoever has a key could make up names without end."""


class Counters:
    """Counts of one intake process since it started, and of all processes where `tally` is a part of their board."""

    def __init__(self, tally: Tally | None = None) -> None:
        self._tally = tally or Tally.alone()
        self._seconds = Spreads(self._tally, ANSWER_SECONDS)
        self.counts: Counter[str] = Counter()
        # Requests with a right key that have begun and are not answered yet.
        self.open = 0
        # Set when the process is about to end: senders are asked not to use their connections again.
        self.stopping = False
        self._told: Counter[str] = Counter()

    def answered(self, hook: Hook, answer: str, seconds: float) -> None:
        """Count a callback and how long its answer took."""
        self.counts[answer] += 1
        kind = UNKNOWN_KIND if hook.kind is None else hook.kind_name
        self._tally.add((CALLBACKS.name, hook.shortcode.tenant, kind, answer))
        self._seconds.observe(seconds, kind)

    def refused(self, reason: str) -> None:
        """Count a request that nothing was kept of."""
        self.counts[reason] += 1
        self._tally.add((REFUSED.name, reason))

    def settled(self, settled: Settled) -> None:
        """Count the events that came of a callback."""
        for issue in (settled.issue, settled.further):
            if issue is not None and not issue.replaces:
                self._made(issue)

    def _made(self, issue: Issue) -> None:
        event = issue.event
        self._tally.add((EVENTS.name, event.tenant, event.type, event.outcome.text))

    def tell(self) -> None:
        """Write one log line of what came since the last one, none where nothing did."""
        fresh = self.counts - self._told
        if fresh:
            _LOG.info("requests", **dict(sorted(fresh.items())))
        self._told = self.counts.copy()
