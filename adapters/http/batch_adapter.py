"""The adapter of a destination with `batch`: several events, one request."""

import time
from collections.abc import Sequence

from adapters.http.adapter import HttpAdapter
from adapters.http.batch import Batch
from adapters.http.previews import previews_together
from adapters.http.together import mistakes
from gateway.domain.adapter import Preview, Progress
from gateway.domain.delivery import Verdict
from gateway.domain.event import Event
from gateway.domain.settings import Destination
from gateway.domain.times import Clock, utc_now


class HttpBatchAdapter(HttpAdapter):
    """Sends lists of events. Each event carries its own id, so that whatever happens they may be sent again."""

    def __init__(self, destination: Destination, clock: Clock = utc_now) -> None:
        super().__init__(destination, clock)
        self._most = destination.lane.batch or 1
        self._rate = destination.lane.rate
        self._wrong = (*self._plan.mistakes, *mistakes(self._settings, self._plan, self._options))

    def preview(self, event: Event) -> Sequence[Preview]:
        """Return the request that `deliver` would send now, the credential masked."""
        shown = (self._plan, self._options, self._exchange, event, self._clock, self._most)
        return self._faulty_preview() or (previews_together(*shown),)

    def deliver(self, event: Event, progress: Progress) -> Verdict:  # noqa: ARG002
        """Try once, with a list of one."""
        return self.deliver_many([event])[0]

    def deliver_many(self, events: Sequence[Event]) -> Sequence[Verdict]:
        """Try once to hand over the events; return a verdict on each, in their order."""
        impossible = self._faulty()
        if impossible is not None:
            return [impossible] * len(events)
        return Batch(self._plan, self._options, self._exchange, self._clock, self._rest).attempt(events)

    def _rest(self) -> None:
        """Leave the time between two requests that the destination's rate asks for."""
        if self._rate is not None:
            time.sleep(self._rate.interval.total_seconds())
