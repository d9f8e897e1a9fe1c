"""What a person asks for once more: replays of deliveries, and quarantined callbacks."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from gateway.domain.callback import Callback
from gateway.domain.settings import Settings
from gateway.domain.times import utc_now

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from gateway.domain.received import Received
    from gateway.pipeline.hooks import Hooks
    from gateway.store.replays import Replays, Wanted
    from gateway.store.reprocess import Reviewed


CHUNK = 500
"""So many deliveries are one commit: a running gateway never waits long for the store."""

Note = Callable[["Connection", int], None]
"""Writes down, in the transaction itself, how many deliveries it has made due."""


def choose_replays(settings: Settings, connection: "Connection", wanted: "Wanted") -> "Replays":
    """Return what a replay would do: the deliveries meant, and the events that have a route only now."""
    from gateway.pipeline.route import compile_routes
    from gateway.store.replays import Replays, matching, unrouted

    routers = {tenant.id: compile_routes(tenant.routes) for tenant in settings.tenants.values()}
    routed = []
    # Whoever asks for one destination's or one reason's dead letters does not mean events without a delivery.
    if wanted.destination is None and wanted.reason is None:
        for seq, event in unrouted(connection, wanted):
            destinations = routers[event.tenant](event) if event.tenant in routers else ()
            if destinations:
                routed.append((seq, event.tenant, destinations))
    return Replays(tuple(matching(connection, wanted)), tuple(routed), wanted.again)


def replay(engine: "Engine", chosen: "Replays", note: Note = lambda _connection, _made: None) -> Iterator[int]:
    """Make the chosen deliveries due, and yield after each commit how many it was. A gateway runs on beside it."""
    from gateway.store.replays import add_deliveries, make_due

    for start in range(0, len(chosen.deliveries), CHUNK):
        with engine.begin() as connection:
            made = make_due(connection, chosen.deliveries[start : start + CHUNK], utc_now(), again=chosen.again)
            note(connection, made)
        yield made
    for start in range(0, len(chosen.routed), CHUNK):
        with engine.begin() as connection:
            made = sum(add_deliveries(connection, *one, utc_now()) for one in chosen.routed[start : start + CHUNK])
            note(connection, made)
        yield made


def reprocess(settings: Settings, hooks: "Hooks", connection: "Connection", ids: Sequence[int]) -> "list[Reviewed]":
    """Take quarantined callbacks once more, in the caller's transaction, by the present configuration."""
    from gateway.domain.ids import RowIds
    from gateway.domain.received import Quarantined, Reason
    from gateway.pipeline.again import receive_again
    from gateway.pipeline.settle import settle
    from gateway.store.reprocess import reprocess as take_again

    def receive(callback: Callback, reason: str) -> "Received":
        try:
            return receive_again(hooks, settings.tenants.get(callback.tenant), callback, reason)
        except Exception as error:
            # As at intake: a fault of ours costs no bytes, and the others nothing.
            return Quarantined(callback, Reason.BUG, detail=type(error).__name__)

    new_ids = RowIds(int.from_bytes(os.urandom(2)), utc_now)
    return take_again(connection, ids, receive, settle, utc_now(), new_ids.next)
