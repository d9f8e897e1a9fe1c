"""Replays: which deliveries a person means, and making them due once more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, insert, null, or_, select, update

from gateway.domain.delivery import DeliveryState, WaitingFor
from gateway.domain.event import Event
from gateway.domain.times import to_micros
from gateway.store.eventrow import event_of, select_events
from gateway.store.page import Tenants
from gateway.store.story import event_of_id, loose_events, payments_named
from gateway.store.tables import DELIVERIES, EVENTS


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants replayed. None, and an empty tuple, mean: whatever it is."""

    # Numbers of payments, those that were joined to them included.
    payments: tuple[int, ...] = ()
    # Numbers of events; with `payments` they are what is meant.
    events: tuple[int, ...] = ()
    tenants: Tenants = None
    destination: str | None = None
    reason: str | None = None
    # Of the event's making, the first included, the last not.
    since: datetime | None = None
    until: datetime | None = None
    # True: those that were delivered too.
    again: bool = False


@dataclass(frozen=True, slots=True)
class Replays:
    """What a replay will do."""

    deliveries: tuple[int, ...]
    # Events that no route had taken: the store's number, the tenant and the destinations that they have now.
    routed: tuple[tuple[int, str, tuple[str, ...]], ...]
    # True: those that were delivered too.
    again: bool = False

    def __len__(self) -> int:
        return len(self.deliveries) + sum(len(destinations) for *_, destinations in self.routed)


def meant(
    connection: Connection, names: Sequence[str], tenants: Tenants = None
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[str, ...]]:
    """Return the payments and the events that names mean, and the names that mean nothing.

    An event's id means that event alone, any other name all that is known of its payment.
    """
    payments: list[int] = []
    events: list[int] = []
    unknown: list[str] = []
    for name in names:
        event = event_of_id(connection, name, tenants)
        its = [] if event is not None else payments_named(connection, name, tenants)
        loose = [event] if event is not None else list(loose_events(connection, name, tenants))
        payments, events = payments + its, events + loose
        unknown += [] if its or loose else [name]
    return tuple(payments), tuple(events), tuple(unknown)


def matching(connection: Connection, wanted: Wanted) -> list[int]:
    """Return the ids of the deliveries meant, in the order of their events."""
    table = DELIVERIES.c
    stands = _stands(wanted.again)
    query = _narrowed(select(table.id).join(EVENTS, EVENTS.c.seq == table.event_seq).where(stands), wanted)
    if wanted.destination is not None:
        query = query.where(table.destination == wanted.destination)
    if wanted.reason is not None:
        query = query.where(table.reason == wanted.reason)
    return list(connection.scalars(query.order_by(EVENTS.c.seq, table.id)))


def waiting_anyway(connection: Connection, wanted: Wanted) -> int:
    """Return how many of the deliveries meant are to be tried without a replay."""
    table = DELIVERIES.c
    waits = and_(table.state == DeliveryState.PENDING.value, table.waiting_for.is_(None))
    query = select(func.count()).select_from(DELIVERIES).join(EVENTS, EVENTS.c.seq == table.event_seq).where(waits)
    query = _narrowed(query, wanted)
    if wanted.destination is not None:
        query = query.where(table.destination == wanted.destination)
    return connection.scalar(query) or 0


def unrouted(connection: Connection, wanted: Wanted) -> list[tuple[int, Event]]:
    """Return the events meant that no route has taken, with their numbers: the present configuration may."""
    delivered = select(DELIVERIES.c.id).where(DELIVERIES.c.event_seq == EVENTS.c.seq).exists()
    query = _narrowed(select_events(EVENTS.c.seq).where(~delivered), wanted)
    return [(row.seq, event_of(row)) for row in connection.execute(query.order_by(EVENTS.c.seq))]


def make_due(connection: Connection, ids: Sequence[int], now: datetime, *, again: bool = True) -> int:
    """Make deliveries due once more; return how many. Their attempts go on counting, their step is closed.

    A dead one goes on with what its steps have saved; one that was delivered begins anew. What has come due since it
    was chosen, or has been delivered where it is not to go `again`, is left as it is.
    """
    if not ids:
        return 0
    change = {
        "state": DeliveryState.PENDING.value,
        "waiting_for": None,
        "due_at": to_micros(now),
        # Whoever asks for a replay has looked at what an open step may have done.
        "open_step": None,
        # Whoever wants what was delivered sent once more wants all of it: the receiver may have lost it.
        "saved": case((DELIVERIES.c.state == DeliveryState.DELIVERED.value, null()), else_=DELIVERIES.c.saved),
        "updated_at": to_micros(now),
    }
    mine = update(DELIVERIES).where(DELIVERIES.c.id.in_(ids), _stands(again))
    return connection.execute(mine.values(change)).rowcount


def add_deliveries(
    connection: Connection, event_seq: int, tenant: str, destinations: Sequence[str], now: datetime
) -> int:
    """Give an event that had no delivery the destinations that its route has now; return how many it got.

    It gets none where it has a delivery by now.
    """
    if connection.scalar(select(DELIVERIES.c.id).where(DELIVERIES.c.event_seq == event_seq).limit(1)) is not None:
        return 0
    rows = [_row(event_seq, tenant, name, to_micros(now)) for name in destinations]
    if rows:
        connection.execute(insert(DELIVERIES), rows)
    return len(rows)


def _stands(again: bool) -> ColumnElement[bool]:
    """Tell what a replay takes: a dead letter, or one that a person must look at first. What is due by itself needs
    no replay; what was delivered goes only `again`.
    """
    table = DELIVERIES.c
    held = and_(table.state == DeliveryState.PENDING.value, table.waiting_for == WaitingFor.REVIEW.value)
    states = [DeliveryState.DEAD.value, *([DeliveryState.DELIVERED.value] if again else [])]
    return or_(table.state.in_(states), held)


def _row(event_seq: int, tenant: str, destination: str, now: int) -> dict[str, Any]:
    return {
        "event_seq": event_seq,
        "tenant": tenant,
        "destination": destination,
        "state": DeliveryState.PENDING.value,
        "due_at": now,
        "updated_at": now,
    }


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.payments or wanted.events:
        query = query.where(or_(EVENTS.c.payment_seq.in_(wanted.payments), EVENTS.c.seq.in_(wanted.events)))
    if wanted.tenants is not None:
        query = query.where(EVENTS.c.tenant.in_(wanted.tenants))
    if wanted.since is not None:
        query = query.where(EVENTS.c.created_at >= to_micros(wanted.since))
    if wanted.until is not None:
        query = query.where(EVENTS.c.created_at < to_micros(wanted.until))
    return query
