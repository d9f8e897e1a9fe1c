"""/metrics: what all processes have counted, and how the store stands, for Prometheus."""

import asyncio
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from tornado.web import RequestHandler

from gateway import __version__
from gateway.domain.lane import NEW_LANE, LaneState
from gateway.domain.settings import Settings
from gateway.domain.times import utc_now
from gateway.metrics.board import DROPPED, Board, Key
from gateway.metrics.series import COUNTED, REST, SUM, Series
from gateway.server.answers import Decision, answer
from gateway.server.reads import Reads
from gateway.server.site import Route
from gateway.server.source import allowed, origin_of
from gateway.store.backlog import Backlog, backlogs, open_quarantine
from gateway.store.lanes import Name, read_lanes
from gateway.store.prepare import database_file

_FRESH_S = 5.0
"""So long what the store says is told again: who asks often costs no more."""

_DESTINATION = ("tenant", "destination")


@dataclass(frozen=True, slots=True)
class Stand:
    """How the store stands at one moment."""

    at: datetime
    backlogs: Mapping[Name, Backlog]
    lanes: Mapping[Name, LaneState]
    quarantine: Mapping[str, int]


class Stands:
    """Reads how the store stands, at most once in some seconds."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._last: Stand | None = None
        self._read_at = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def now(self) -> Stand:
        """Return how it stands. Raises what the driver raises where it cannot be read."""
        async with self._one_at_a_time:
            if self._last is None or time.monotonic() - self._read_at > _FRESH_S:
                self._last = await self._reads.read(_stand)
                self._read_at = time.monotonic()
            return self._last


class Metrics(RequestHandler):
    """Answers who may read; everybody else gets what an unknown path gets."""

    def initialize(self, settings: Settings, board: Board, stands: Stands) -> None:
        """Take what is told."""
        self._gateway = settings
        self._board = board
        self._stands = stands

    async def get(self) -> None:
        """Tell all numbers. Where the store cannot be read those of the processes are told alone."""
        if not allowed(origin_of(self.request, self._gateway.server.trusted_proxies), self._gateway.server.metrics):
            refuse(self)
            return
        try:
            stand: Stand | None = await self._stands.now()
        except Exception:
            # Its absence is what an alert is made of.
            stand = None
        registry = CollectorRegistry(auto_describe=False)
        registry.register(
            _Told(
                [
                    *_counted(self._board.read()),
                    *_standing(self._gateway, stand),
                    *_disk(self._gateway),
                    *_spool(self._gateway),
                ]
            )
        )
        encode, content_type = choose_encoder(self.request.headers.get("Accept", ""))
        self.set_header("Content-Type", content_type)
        self.finish(encode(registry))


def refuse(handler: RequestHandler) -> None:
    """Answer as an unknown path does, byte for byte."""
    said = answer(Decision.NOT_FOUND, b"")
    handler.clear()
    handler.set_status(said.status, said.reason)
    handler.clear_header("Server")
    for name, value in said.headers:
        handler.set_header(name, value)
    handler.finish(said.body)


def routes(settings: Settings, board: Board, reads: Reads) -> list[Route]:
    """Return the path of the metrics."""
    return [("/metrics", Metrics, {"settings": settings, "board": board, "stands": Stands(reads)})]


class _Told(Collector):
    """Numbers that are known already."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Sequence[Metric]:
        return self._families


def _stand(connection: Connection) -> Stand:
    return Stand(utc_now(), backlogs(connection), read_lanes(connection), open_quarantine(connection))


def _counted(numbers: Mapping[Key, float]) -> Iterator[Metric]:
    by_name: dict[str, dict[Key, float]] = {}
    for key, value in sorted(numbers.items()):
        by_name.setdefault(key[0], {})[key[1:]] = value
    for series in COUNTED:
        tell = _histogram if series.bounds else _counter
        yield tell(series, by_name.get(series.name, {}))
    dropped = CounterMetricFamily("pesagate_metrics_dropped", "Counts for which there was no room: too many labels.")
    dropped.add_metric([], numbers.get(DROPPED, 0.0))
    yield dropped


def _counter(series: Series, numbers: Mapping[Key, float]) -> Metric:
    family = CounterMetricFamily(series.name, series.help, labels=series.labels)
    for labels, value in numbers.items():
        family.add_metric(labels, value)
    return family


def _histogram(series: Series, numbers: Mapping[Key, float]) -> Metric:
    family = HistogramMetricFamily(series.name, series.help, labels=series.labels)
    for labels in dict.fromkeys(key[:-1] for key in numbers):
        total, buckets = 0.0, []
        for bound in (*(str(each) for each in series.bounds), REST):
            total += numbers.get((*labels, bound), 0.0)
            buckets.append((bound, total))
        family.add_metric(labels, buckets, numbers.get((*labels, SUM), 0.0))
    return family


def _standing(settings: Settings, stand: Stand | None) -> Iterator[Metric]:
    build = GaugeMetricFamily("pesagate_build_info", "The version that runs.", labels=("version",))
    build.add_metric((__version__,), 1)
    readable = GaugeMetricFamily(
        "pesagate_store_readable", "1 while the store can be read.", value=int(stand is not None)
    )
    yield from (build, readable)
    if stand is not None:
        yield from _of_destinations(settings, stand)
        quarantine = GaugeMetricFamily("pesagate_quarantine_open", "Callbacks in quarantine.", labels=("tenant",))
        for tenant in settings.tenants:
            quarantine.add_metric((tenant,), stand.quarantine.get(tenant, 0))
        yield quarantine


def _of_destinations(settings: Settings, stand: Stand) -> Iterator[Metric]:
    pending = GaugeMetricFamily("pesagate_deliveries_pending", "Deliveries that wait.", labels=_DESTINATION)
    dead = GaugeMetricFamily("pesagate_deliveries_dead", "Dead letters.", labels=_DESTINATION)
    age = GaugeMetricFamily(
        "pesagate_oldest_pending_seconds", "Age of the oldest delivery that waits; 0: none does.", labels=_DESTINATION
    )
    breaker = GaugeMetricFamily("pesagate_breaker_open", "1 while a destination is out of order.", labels=_DESTINATION)
    parked = GaugeMetricFamily(
        "pesagate_destination_parked", "1 while its deliveries wait for a person; why stands in `by`.",
        labels=(*_DESTINATION, "by"),
    )  # fmt: skip
    configured = {(tenant.id, name) for tenant in settings.tenants.values() for name in tenant.destinations}
    for name in sorted(configured | set(stand.backlogs)):
        backlog, lane = stand.backlogs.get(name, Backlog()), stand.lanes.get(name, NEW_LANE)
        pending.add_metric(name, backlog.pending)
        dead.add_metric(name, backlog.dead)
        age.add_metric(name, 0 if backlog.oldest is None else max(0.0, (stand.at - backlog.oldest).total_seconds()))
        breaker.add_metric(name, int(lane.opened_at is not None))
        by = "removed" if name not in configured else lane.parked_by.value if lane.parked_by else ""
        parked.add_metric((*name, by), int(bool(by)))
    yield from (pending, dead, age, breaker, parked)


def _spool(settings: Settings) -> Iterator[Metric]:
    kept = 0
    for file in () if settings.spool is None else settings.spool.glob("*.spool"):
        # The store may take it all at this very moment.
        with suppress(FileNotFoundError):
            kept += file.stat().st_size
    yield GaugeMetricFamily("pesagate_spool_bytes", "Kept here because the store takes nothing.", value=kept)


def _disk(settings: Settings) -> Iterator[Metric]:
    """Tell of the disk that an SQLite store lies on; a server's disk is the server's own affair."""
    file = database_file(settings.store_url)
    if file is None or not file.parent.is_dir():
        return
    usage = shutil.disk_usage(file.parent)
    yield GaugeMetricFamily("pesagate_disk_free_bytes", "Room left where the store lies.", value=usage.free)
    yield GaugeMetricFamily("pesagate_disk_size_bytes", "Size of the disk where the store lies.", value=usage.total)
