"""Who is logged in: a signed cookie says who, since when and last when; every process can read it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.domain.access import Access, User

_FREE_TRIES = 5
_FORGET_S = 900.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody's stay. Times are seconds since 1970."""

    user: str
    began: float
    seen: float

    def cookie(self) -> str:
        """Return what the cookie holds, to be signed."""
        return json.dumps([self.user, self.began, self.seen])

    @classmethod
    def of(cls, cookie: bytes | None) -> "Session | None":
        """Return the session that a cookie whose signature is right tells of."""
        return None if cookie is None else cls(*json.loads(cookie))

    def user_of(self, access: Access, now: float) -> User | None:
        """Return whose it is, None where it has ended or he is no user any more."""
        over = now - self.seen > access.idle.total_seconds() or now - self.began > access.longest.total_seconds()
        return None if over else access.users.get(self.user)


@dataclass
class Throttle:
    """Makes whoever tries passwords wait: by name, and by the address that it comes from."""

    clock: Callable[[], float] = time.monotonic
    _failures: dict[str, tuple[int, float]] = field(default_factory=dict)

    def pause(self, *who: str) -> float:
        """Return for how many seconds none of these may try again."""
        return max(self._pause(each) for each in who)

    def failed(self, *who: str) -> None:
        """Count a wrong password."""
        if len(self._failures) > _MOST:
            self._failures.clear()
        for each in who:
            count, at = self._failures.get(each, (0, 0.0))
            self._failures[each] = (count + 1 if self.clock() - at < _FORGET_S else 1, self.clock())

    def succeeded(self, *who: str) -> None:
        """Forget what was wrong before."""
        for each in who:
            self._failures.pop(each, None)

    def _pause(self, who: str) -> float:
        count, at = self._failures.get(who, (0, 0.0))
        if count < _FREE_TRIES:
            return 0.0
        return max(0.0, at + min(_FORGET_S, 2.0 ** (count - _FREE_TRIES) * 5) - self.clock())
