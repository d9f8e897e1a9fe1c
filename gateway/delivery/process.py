"""The delivery process from start to end."""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

import structlog

from gateway.delivery.attempt import Attempter
from gateway.delivery.closing import Closing, Parts
from gateway.delivery.dispatcher import Dispatcher
from gateway.delivery.hearing import hear
from gateway.delivery.ordering import Ordering
from gateway.delivery.served import Served
from gateway.delivery.turn import Turn
from gateway.delivery.vault import StoredVault
from gateway.delivery.wake import Wake
from gateway.domain.adapter import Adapter, KeepsState, PreparingAdapter
from gateway.domain.due import DeliveryWrite, Written
from gateway.domain.errors import StoreUnavailable
from gateway.domain.export import Gathers
from gateway.domain.lane import NEW_LANE, LaneState
from gateway.domain.settings import Destination, Settings
from gateway.domain.times import utc_now
from gateway.metrics.board import Board
from gateway.metrics.series import STARTS
from gateway.store.deliveries import write_deliveries
from gateway.store.engine import open_engine
from gateway.store.lanes import read_lanes
from gateway.store.queries import reading
from gateway.store.writer import Writer

_LOG = structlog.get_logger("delivery")

_COMMIT_LIMIT_S = 30.0
# Databases that gateways of several hosts may share.
_SHARED = frozenset({"postgresql"})


def run(
    settings: Settings,
    make_adapter: Callable[[Destination], Adapter],
    wake: Wake,
    close_listener: Callable[[], None],
    board: Board,
    on_stop: Callable[[Callable[[], None]], None],
) -> None:
    """Deliver until told to stop; `on_stop` takes what is to be called then, also from a signal handler."""
    # Who does not take callbacks must not keep their port.
    close_listener()
    tally = board.claim()
    tally.add((STARTS.name, "delivery"))
    engine = open_engine(settings.store_url)
    turn = Turn(engine) if engine.dialect.name in _SHARED else None
    if turn is not None:
        on_stop(turn.stop)
        if not turn.take():
            return
    write = write_deliveries if turn is None else turn.fenced(write_deliveries)
    writer: Writer[DeliveryWrite, Future[Written], Written] = Writer(engine, write, _resolve, gives_way=True)

    def commit(item: DeliveryWrite) -> Written:
        return _commit(writer, item)

    attempter = Attempter(utc_now, random.SystemRandom().random, commit)
    with reading(engine) as connection:
        states = read_lanes(connection)
    served = _served(settings, make_adapter, states)
    for (tenant, _), one in served.items():
        if isinstance(one.adapter, KeepsState):
            one.adapter.keep_in(StoredVault(tenant, engine, commit, utc_now))
    orders = {name: one.destination.lane.order for name, one in served.items() if one.lane.is_ordered}
    ordering = Ordering(orders, commit)
    may_begin = turn.is_sure if turn else lambda: True
    dispatcher = Dispatcher(engine, served, attempter, writer.submit, wake, utc_now, ordering, tally, may_begin)
    gatherers = {name: one.adapter for name, one in served.items() if isinstance(one.adapter, Gathers)}
    closing = Closing(Parts(engine, gatherers, make_adapter, commit, utc_now))
    on_stop(dispatcher.stop)
    _prepare(served)
    closing.start()
    hear(engine, wake)
    dispatcher.run()
    closing.stop()
    for one in served.values():
        one.adapter.close()
    writer.close()
    if turn is not None:
        turn.give_back()


def _served(
    settings: Settings,
    make_adapter: Callable[[Destination], Adapter],
    states: Mapping[tuple[str, str], LaneState],
) -> dict[tuple[str, str], Served]:
    return {
        (tenant.id, name): Served.of(destination, make_adapter(destination), states.get((tenant.id, name), NEW_LANE))
        for tenant in settings.tenants.values()
        for name, destination in tenant.destinations.items()
    }


def _prepare(served: Mapping[tuple[str, str], Served]) -> None:
    """Have adapters look at their destinations meanwhile: who is down or hangs holds up nobody."""
    for one in served.values():
        if isinstance(one.adapter, PreparingAdapter):
            name = f"prepare-{one.destination.tenant}-{one.destination.name}"
            threading.Thread(target=_prepare_one, args=(one.destination, one.adapter), daemon=True, name=name).start()


def _prepare_one(destination: Destination, adapter: PreparingAdapter) -> None:
    names = {"tenant": destination.tenant, "destination": destination.name}
    try:
        for problem in adapter.prepare():
            _LOG.error("a destination is not ready", **names, problem=problem)
    except Exception as error:
        # Whatever a driver may throw: deliveries will tell.
        _LOG.error("a destination is not ready", **names, error=type(error).__name__)


def _commit(writer: Writer[DeliveryWrite, Future[Written], Written], item: DeliveryWrite) -> Written:
    """Write one row, wait for the disk, return its outcome. Raises StoreUnavailable."""
    written: Future[Written] = Future()
    writer.submit(item, written)
    try:
        return written.result(_COMMIT_LIMIT_S)
    except TimeoutError:
        raise StoreUnavailable("the store took too long to commit a step") from None


def _resolve(outcomes: Sequence[tuple[Future[Written], Written | Exception]]) -> None:
    for written, outcome in outcomes:
        if isinstance(outcome, Exception):
            written.set_exception(outcome)
        else:
            written.set_result(outcome)
