"""What lanes and the store tell each other, and people by the log: breakers, rests, parking."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime

import structlog

from gateway.delivery.lane import Lane
from gateway.domain.due import DeliveryWrite, LaneTold, Written
from gateway.domain.errors import StoreUnavailable
from gateway.domain.lane import NEW_LANE, LaneState, ParkedBy

_LOG = structlog.get_logger("delivery")

Name = tuple[str, str]
"""Tenant and destination."""

_WHY_PARKED = {
    ParkedBy.HAND: "a person has asked for it",
    ParkedBy.BREAKER: "no attempt has come through for longer than `park_after`",
}


class Signs:
    """Passes on what changes, once."""

    def __init__(self, lanes: Mapping[Name, Lane], submit: Callable[[DeliveryWrite, "Future[Written]"], None]) -> None:
        self._lanes = lanes
        self._submit = submit
        # As the store has it, or will have.
        self._stored = {name: lane.state for name, lane in lanes.items()}
        # What of it is not on disk yet: until then the store's word is out of date.
        self._unwritten: dict[Name, int] = dict.fromkeys(lanes, 0)

    def hear(self, read: Callable[[], Mapping[Name, LaneState]]) -> None:
        """Learn what people have asked for since; `read` gives it as it is on disk."""
        # What is being written may be missing in what is read.
        quiet = [name for name in self._lanes if self._unwritten[name] == 0]
        states = read()
        for name in quiet:
            lane, state = self._lanes[name], states.get(name, NEW_LANE)
            before, self._stored[name] = lane.state, state
            lane.heard(state)
            self._log_parking(name, before, state)
            self.tell(name)

    def tell(self, name: Name) -> None:
        """Write down where a lane stands, if that is news."""
        before, now = self._stored[name], self._lanes[name].told()
        if now == before:
            return
        self._stored[name] = now
        self._log_breaker(name, before.opened_at, now.opened_at)
        self._log_parking(name, before, now)
        parked_at = now.parked_at if before.parked_at is None else None
        self._write(name, LaneTold(*name, now.opened_at, now.held_until, parked_at))

    def _write(self, name: Name, told: LaneTold) -> None:
        written: Future[Written] = Future()
        self._unwritten[name] += 1
        written.add_done_callback(lambda _: self._is_written(name))
        try:
            self._submit(told, written)
        except StoreUnavailable as error:
            written.set_exception(error)

    def _is_written(self, name: Name) -> None:
        # Where it failed the next look at the store finds the difference, and it is told anew.
        self._unwritten[name] -= 1

    def _log_breaker(self, name: Name, before: datetime | None, now: datetime | None) -> None:
        told = {"tenant": name[0], "destination": name[1]}
        if before is None and now is not None:
            _LOG.warning("a destination is out of order; its deliveries wait", **told)
        if before is not None and now is None:
            _LOG.info("a destination is in order again", **told)

    def _log_parking(self, name: Name, before: LaneState, now: LaneState) -> None:
        told = {"tenant": name[0], "destination": name[1]}
        if before.parked_at is None and now.parked_by is not None:
            remedy = f"pesagate destinations resume {name[1]} --tenant {name[0]}"
            _LOG.error("a destination is parked", **told, because=_WHY_PARKED[now.parked_by], remedy=remedy)
        if before.parked_at is not None and now.parked_at is None:
            _LOG.info("a destination goes on", **told)
