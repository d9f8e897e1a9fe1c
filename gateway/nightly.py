"""The child that purges every night, where the configuration names a time for it."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from gateway.delivery.wake import Wake
from gateway.domain.settings import Settings
from gateway.domain.times import NAIROBI, utc_now
from gateway.store.engine import open_engine
from gateway.store.purge import portions, purge
from gateway.store.queries import reading

_LOG = structlog.get_logger("nightly")

# A clock that is set, or a machine that has slept, is noticed after so long.
_LOOK_EVERY_S = 30.0

OnStop = Callable[[Callable[[], None]], None]


def next_time(now: datetime, at: time) -> datetime:
    """Return the next moment after `now` at which Nairobi's clock says `at`."""
    here = now.astimezone(NAIROBI)
    today = datetime.combine(here.date(), at, NAIROBI)
    return today if today > here else today + timedelta(days=1)


def run(settings: Settings, at: time, close_listeners: Callable[[], None], on_stop: OnStop) -> None:
    """Purge every night at `at` until told to stop; `on_stop` takes what is to be called then."""
    # Who takes no callbacks must not keep their port.
    close_listeners()
    stop = Stop()
    on_stop(stop.now)
    due = next_time(utc_now(), at)
    while not stop.wished:
        stop.wait(min(_LOOK_EVERY_S, max(0.0, (due - utc_now()).total_seconds())))
        if utc_now() >= due and not stop.wished:
            _purge(settings, stop)
            due = next_time(utc_now(), at)


class Stop:
    """The wish to stop; may come from a signal handler."""

    def __init__(self) -> None:
        self.wished = False
        self._wake = Wake()
        self.wait = self._wake.wait

    def now(self) -> None:
        """Wish it, and wake whoever waits."""
        self.wished = True
        self._wake.up()


def _purge(settings: Settings, stop: Stop) -> None:
    engine = open_engine(settings.store_url)
    gone: dict[str, int] = {}
    try:
        with reading(engine) as connection:
            chosen = portions(connection, settings.retention, utc_now())
        for name, rows in purge(engine, chosen, stop.wait):
            gone[name] = gone.get(name, 0) + rows
            if stop.wished:
                break
        _LOG.info("purged", **gone)
    except DBAPIError as error:
        _LOG.error("the store could not be purged; the next try is tomorrow", error=str(error.orig), **gone)
