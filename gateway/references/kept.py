"""Lists of references in memory: looked up at once, refreshed by a thread each, whatever their sources do."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from gateway.domain.references import ReferenceList
from gateway.references.sources import Read, alike, read
from gateway.references.unreadable import Unreadable

_LOG = structlog.get_logger("references")

# Sources that answer at once have done so by then, so that the first questions find their lists; one that is down or
# hangs holds nobody up for longer.
_FIRST_LOOK_S = 0.5
# A source that failed is tried again sooner than a list is refreshed.
_TRY_AGAIN_S = 10.0


@dataclass(frozen=True, slots=True)
class _Held:
    references: frozenset[str]
    # By the clock that runs evenly.
    read_at: float


class KeptLists:
    """The lists of all tenants. A list is replaced as a whole, in one assignment: who looks it up never waits.

    A list that could not be refreshed stays as it was until it is older than its `max_age`. The clock and `read` are
    parameters for tests.
    """

    def __init__(
        self, lists: Sequence[ReferenceList], read: Read = read, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lists = {(each.tenant, each.name): each for each in lists}
        self._held: dict[tuple[str, str], _Held] = {}
        self._read = read
        self._clock = clock

    def look_up(self, tenant: str, name: str) -> frozenset[str] | None:
        """Return the references of a list, None where it was never read or has grown too old."""
        held = self._held.get((tenant, name))
        if held is None or self._clock() - held.read_at > self._lists[tenant, name].max_age.total_seconds():
            return None
        return held.references

    def read(self, tenant: str, name: str) -> str | None:
        """Read a list now; return why that could not be done, None where it could."""
        wanted = self._lists[tenant, name]
        # Not when the answer has come: by then it may be old.
        began = self._clock()
        try:
            references = alike(self._read(wanted.source, wanted.timeout), wanted)
        except Unreadable as error:
            return str(error)
        except Exception as error:
            # Whatever a driver may throw: the thread that refreshes a list must not end.
            return f"reading it failed with {type(error).__name__}"
        self._held[tenant, name] = _Held(references, began)
        return None

    @contextmanager
    def kept_fresh(self) -> Iterator[None]:
        """Refresh all lists in the background meanwhile. Nothing waits for a reading that is under way at the end."""
        ending = threading.Event()
        first_looks = [self._start(each, ending) for each in self._lists.values()]
        deadline = time.monotonic() + _FIRST_LOOK_S
        for first_look in first_looks:
            first_look.wait(max(0.0, deadline - time.monotonic()))
        try:
            yield
        finally:
            ending.set()

    def _start(self, wanted: ReferenceList, ending: threading.Event) -> threading.Event:
        looked = threading.Event()
        keeper = _Keeper(self, wanted)
        # A daemon: one that hangs in its source must not hold up the end of the process.
        threading.Thread(
            target=keeper.run, args=(looked, ending), daemon=True, name=f"list-{wanted.tenant}-{wanted.name}"
        ).start()
        return looked


class _Keeper:
    """Keeps one list fresh and tells where that fails."""

    def __init__(self, lists: KeptLists, wanted: ReferenceList) -> None:
        self._lists = lists
        self._wanted = wanted
        self._failed = False
        self._known = False

    def run(self, looked: threading.Event, ending: threading.Event) -> None:
        while not ending.is_set():
            fault = self._lists.read(self._wanted.tenant, self._wanted.name)
            looked.set()
            self._tell(fault)
            ending.wait(_pause(self._wanted.refresh, fault is not None))

    def _tell(self, fault: str | None) -> None:
        """Log what has changed: the first reading, trouble, a list that is lost, and the end of the trouble."""
        names = {"tenant": self._wanted.tenant, "list": self._wanted.name}
        held = self._lists.look_up(self._wanted.tenant, self._wanted.name)
        known = held is not None
        if fault is None and (self._failed or not self._known):
            _LOG.info("a list of references is known", **names, references=len(held or ()))
        elif fault is not None and not known and (self._known or not self._failed):
            _LOG.error("a list of references is not known: its rules cannot decide", **names, reason=fault)
        elif fault is not None and not self._failed:
            _LOG.warning("a list of references could not be refreshed and stays as it was", **names, reason=fault)
        self._failed, self._known = fault is not None, known


def _pause(refresh: timedelta, failed: bool) -> float:
    seconds = refresh.total_seconds()
    return min(seconds, _TRY_AGAIN_S) if failed else seconds
