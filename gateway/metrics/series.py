"""Every series that processes count: its name, its labels, what it means. One table; docs/monitoring.md tells of it."""

from bisect import bisect_left
from typing import NamedTuple

from gateway.metrics.board import Tally

QUICK_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SLOW_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
ROWS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0)

SUM = "sum"
REST = "+Inf"


class Series(NamedTuple):
    """One family of numbers. With `bounds` it is a histogram of what was observed, else a counter."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


CALLBACKS = Series(
    "pesagate_callbacks", "Callbacks with a right key, by what was answered.", ("tenant", "kind", "answer")
)
REFUSED = Series("pesagate_refused_requests", "Requests to no hook of ours, and those that broke off.", ("reason",))
EVENTS = Series("pesagate_events", "Events made, by type and outcome.", ("tenant", "type", "outcome"))
ANSWER_SECONDS = Series(
    "pesagate_answer_seconds", "From the end of a callback to its answer, the commit included.", ("kind",), QUICK_S
)
COMMIT_ROWS = Series("pesagate_commit_rows", "Callbacks that went into one commit.", (), ROWS)
ATTEMPTS = Series(
    "pesagate_attempts", "Attempts of deliveries, by result and reason.", ("tenant", "destination", "result", "reason")
)
ATTEMPT_SECONDS = Series("pesagate_attempt_seconds", "How long attempts took.", ("tenant", "destination"), SLOW_S)
STARTS = Series(
    "pesagate_process_starts", "How often a process was started: more than once means that it died.", ("process",)
)

COUNTED = (CALLBACKS, REFUSED, EVENTS, ANSWER_SECONDS, COMMIT_ROWS, ATTEMPTS, ATTEMPT_SECONDS, STARTS)


class Spread:
    """One histogram of one process, for some values of its labels."""

    def __init__(self, tally: Tally, series: Series, *values: str) -> None:
        self._tally = tally
        self._bounds = series.bounds
        names = (*(str(bound) for bound in series.bounds), REST, SUM)
        self._places = [tally.place((series.name, *values, name)) for name in names]

    def observe(self, value: float) -> None:
        """Count one value."""
        self._tally.add_at(self._places[bisect_left(self._bounds, value)])
        self._tally.add_at(self._places[-1], value)


class Spreads:
    """The histograms of one series, made as their labels come up."""

    def __init__(self, tally: Tally, series: Series) -> None:
        self._tally = tally
        self._series = series
        self._spreads: dict[tuple[str, ...], Spread] = {}

    def observe(self, value: float, *values: str) -> None:
        """Count one value."""
        spread = self._spreads.get(values)
        if spread is None:
            spread = self._spreads[values] = Spread(self._tally, self._series, *values)
        spread.observe(value)
