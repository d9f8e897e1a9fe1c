"""Whether a destination is in order, judged by what attempts came to: closed, open, or half-open with one probe."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.lane import BreakerSettings

_OUT_OF_ORDER = frozenset(
    {
        *("timeout", "no_connection", "connection_cut", "tls", "bad_answer", "auth_unavailable"),
        # A database's.
        *("busy", "restarting", "read_only", "full", "no_file"),
    }
)
"""Reasons that speak of the destination, not of what it was sent. So does every status from 500 on."""

_NEVER_ASKED = frozenset(
    {
        *("open_step", "adapter_error", "faulty_settings", "faulty_tls", "cannot_render", "no_raw", "done"),
        *("auth_refused", "auth_lost", "refused_address", "proxy_auth", "bad_row", "unsuitable"),
    }
)
"""Reasons of attempts that ended before the destination was asked: they say nothing of it."""

_NOT_TAKEN = (AttemptResult.RETRY, AttemptResult.UNKNOWN)


def failed(verdicts: Iterable[Verdict]) -> bool | None:
    """Tell whether a request speaks against its destination, by the verdicts on what was in it; None: it says nothing.

    A refusal does not: who refuses has answered. Nor does an answer about one of several.
    """
    said = {_failed(verdict) for verdict in verdicts}
    return False if False in said else (True if True in said else None)


def _failed(verdict: Verdict) -> bool | None:
    if verdict.reason in _NEVER_ASKED:
        return None
    if verdict.result not in _NOT_TAKEN:
        return False
    if (verdict.status or 0) >= 500 or verdict.reason in _OUT_OF_ORDER:
        return True
    # Locked, deadlocked: the one row's trouble.
    return None if verdict.status is None else False


@dataclass
class Breaker:
    """One destination's breaker. It decides by what it is told, and by the time that it is told."""

    # None: it never opens.
    settings: BreakerSettings | None
    # Since when no attempt has come through; None: closed.
    opened_at: datetime | None = None
    # True: a probe is under way.
    probing: bool = field(default=False, init=False)
    _probe_at: datetime | None = field(default=None, init=False)
    _probes: int = field(default=0, init=False)
    _in_a_row: int = field(default=0, init=False)
    _recent: deque[tuple[datetime, bool]] = field(default_factory=lambda: deque(maxlen=1000), init=False)

    def __post_init__(self) -> None:
        if self.settings is None:
            self.opened_at = None

    @property
    def is_open(self) -> bool:
        """Tell whether deliveries wait, but for a probe."""
        return self.opened_at is not None

    def opening(self, now: datetime) -> datetime:
        """Return when the next request may begin, a probe where it is open."""
        if self.settings is None or self._probe_at is None or not self.is_open:
            return now
        # The clock may have gone back.
        return min(self._probe_at, now + self.settings.longest_pause)

    def room(self, now: datetime) -> int | None:
        """Return how many requests may begin now; None: any number."""
        if not self.is_open:
            return None
        return int(not self.probing and self.opening(now) <= now)

    def probe(self) -> None:
        """Count a probe that begins."""
        self.probing = True

    def told(self, has_failed: bool | None, now: datetime, *, was_probe: bool) -> None:
        """Learn what a request came to; None: nothing that speaks for or against the destination."""
        if was_probe:
            self.probing = False
        if self.settings is None or has_failed is None:
            return
        self._in_a_row = self._in_a_row + 1 if has_failed else 0
        self._recent.append((now, has_failed))
        if not has_failed and self.is_open:
            self.close()
        elif has_failed and self.is_open and was_probe:
            self._probes += 1
            self._probe_at = now + self._pause(self.settings)
        elif has_failed and not self.is_open and self._is_too_much(self.settings, now):
            self.opened_at, self._probes = now, 0
            self._probe_at = now + self._pause(self.settings)

    def close(self) -> None:
        """Let everything through again."""
        self.opened_at = self._probe_at = None
        self._probes = 0
        self._recent.clear()

    def try_now(self, since: datetime | None) -> None:
        """Be half-open at once: a person says that it is mended. From then on it counts how long it is not."""
        if self.is_open:
            self.opened_at, self._probe_at, self._probes = since, None, 0

    def _pause(self, settings: BreakerSettings) -> timedelta:
        doubled: timedelta = settings.pause * 2 ** min(self._probes, 10)
        return min(doubled, settings.longest_pause)

    def _is_too_much(self, settings: BreakerSettings, now: datetime) -> bool:
        if self._in_a_row >= settings.failures:
            return True
        if settings.share is None:
            return False
        # Neither before the window nor after a moment to which the clock has gone back.
        recent = [failed for at, failed in self._recent if abs(now - at) <= settings.window]
        return len(recent) >= settings.at_least and sum(recent) >= settings.share * len(recent)
