"""Credentials that somebody issues: got when they are needed, used until they end, got anew when they are refused."""

import threading
from abc import abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.http.answer import Answer
from adapters.http.auth.protocol import Auth, Unauthorised
from adapters.http.masking import MASK
from adapters.http.outgoing import Outgoing
from gateway.domain.settings import Secret
from gateway.domain.times import Clock

# So long before its end a credential is not used any more: it has to hold until the request has arrived.
_MARGIN = timedelta(seconds=30)
_LONGEST = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential as headers; `until` None: until it is refused."""

    headers: Mapping[str, Secret]
    # What of it must be masked.
    secrets: tuple[Secret, ...]
    until: datetime | None = None


def end_of(seconds: object, now: datetime) -> datetime | None:
    """Return when a credential that lives so many seconds is not used any more; None where that is not told."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    life = timedelta(seconds=min(max(seconds, 0), _LONGEST.total_seconds()))
    return now + life - min(_MARGIN, life / 10)


class IssuedAuth(Auth):
    """Keeps one credential for all threads. One of them gets it, the others wait for what that one is told."""

    def __init__(self, clock: Clock, names: tuple[str, ...], renew_on: frozenset[int] = frozenset({401})) -> None:
        self.header = names[0]
        self._names = names
        self._clock = clock
        self._renew_on = renew_on
        self._lock = threading.Lock()
        self._current: Issued | None = None
        # How often nothing was issued, and why the last time.
        self._failures = 0
        self._trouble = Answer()
        # What was issued of late may still be echoed.
        self._seen: deque[Secret] = deque(maxlen=16)

    @abstractmethod
    def issue(self, refused: Issued | None) -> Issued:
        """Get a credential; not the `refused` one again. Called by one thread at a time. Raises Unauthorised."""

    @abstractmethod
    def own_secrets(self) -> Iterator[Secret]:
        """Yield the secrets of the settings."""

    def names(self) -> tuple[str, ...]:
        """Return the headers of what is issued."""
        return self._names

    def secrets(self) -> Iterator[Secret]:
        """Yield the secrets of the settings and those that were issued of late."""
        yield from self.own_secrets()
        yield from tuple(self._seen)

    def authorise(self, outgoing: Outgoing) -> Outgoing:
        """Return the request with the credential, got first where there is none."""
        return outgoing.adding({name: value.reveal() for name, value in self._valid(None).headers.items()})

    def shown(self, outgoing: Outgoing) -> Outgoing:
        """Return the request with the headers masked; nobody is asked."""
        return outgoing.adding(dict.fromkeys(self._names, MASK))

    def ready(self) -> None:
        """Get the credential where there is none."""
        self._valid(None)

    def renewed(self, sent: Outgoing, status: int) -> bool:
        """Get a new credential where the one that was sent has been refused."""
        current = self._current
        if status not in self._renew_on:
            return False
        is_current = current is not None and all(
            sent.header(name) == value.reveal() for name, value in current.headers.items()
        )
        self._valid(current if is_current else None)
        return True

    def remember(self, *secrets: Secret) -> None:
        """Mask these from now on."""
        self._seen.extend(secret for secret in secrets if secret not in self._seen)

    def _valid(self, refused: Issued | None) -> Issued:
        current = self._current
        if current is not None and self._is_good(current, refused):
            return current
        failures = self._failures
        with self._lock:
            current = self._current
            if current is not None and self._is_good(current, refused):
                return current
            if self._failures > failures:
                # One of those that waited has asked meanwhile: each asking in turn would hold all threads.
                raise Unauthorised(self._trouble)
            return self._issued(refused)

    def _issued(self, refused: Issued | None) -> Issued:
        try:
            issued = self.issue(refused)
        except Unauthorised as trouble:
            self._failures, self._trouble = self._failures + 1, trouble.answer
            raise
        self.remember(*issued.secrets)
        self._current = issued
        return issued

    def _is_good(self, current: Issued, refused: Issued | None) -> bool:
        return current is not refused and (current.until is None or self._clock() < current.until)
