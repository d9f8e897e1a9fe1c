"""How destinations stand, for people: what waits, what is dead, what the last attempt came to."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select

from gateway.domain.delivery import DeliveryState
from gateway.domain.lane import NEW_LANE, LaneState, ParkedBy
from gateway.domain.times import from_micros, nairobi_text, to_micros
from gateway.store.lanes import Name, read_lanes
from gateway.store.tables import ATTEMPTS, DELIVERIES, EVENTS

_NOTHING = {"pending": 0, "waiting": 0, "dead": 0, "oldest": None}


@dataclass(frozen=True, slots=True)
class Standing:
    """One destination as it stands."""

    name: Name
    pending: int
    # Of the pending ones: those that are not to be tried now.
    waiting: int
    dead: int
    state: LaneState
    parked: ParkedBy | None
    # When the event of the oldest pending one was made.
    oldest_pending: datetime | None
    # When the last attempt was made, and what it came to.
    last_at: datetime | None
    last_reason: str | None

    def as_dict(self, now: datetime) -> dict[str, Any]:
        """Return the JSON form."""
        held = self.state.held_until
        return {
            "tenant": self.name[0],
            "destination": self.name[1],
            "pending": self.pending,
            "waiting": self.waiting,
            "dead": self.dead,
            "breaker": "closed" if self.state.opened_at is None else "open",
            "open_since": _text(self.state.opened_at),
            "held_until": _text(held) if held is not None and held > now else None,
            "parked": None if self.parked is None else self.parked.value,
            "parked_since": _text(self.state.parked_at),
            "oldest_pending": _text(self.oldest_pending),
            "last_at": _text(self.last_at),
            "last_answer": self.last_reason,
        }


def standings(connection: Connection, configured: Collection[Name], now: datetime) -> Iterator[Standing]:
    """Give each destination that is configured, and each that is not and still has deliveries that wait or are dead."""
    counts, states = _counts(connection, now), read_lanes(connection)
    last = _last_attempts(connection)
    removed = [name for name, count in counts.items() if name not in configured and count["pending"] + count["dead"]]
    for name in sorted({*configured, *removed}):
        count, state = counts.get(name, _NOTHING), states.get(name, NEW_LANE)
        parked = state.parked_by if name in configured else ParkedBy.REMOVED
        at, reason = last.get(name, (None, None))
        yield Standing(
            name=name,
            pending=count["pending"],
            waiting=count["pending" if parked else "waiting"],
            dead=count["dead"],
            state=state,
            parked=parked,
            oldest_pending=_made_at(connection, count["oldest"]),
            last_at=at,
            last_reason=reason,
        )


def _counts(connection: Connection, now: datetime) -> dict[Name, dict[str, Any]]:
    table = DELIVERIES.c
    is_pending = table.state == DeliveryState.PENDING.value
    waits = and_(is_pending, or_(table.waiting_for.is_not(None), table.due_at > to_micros(now)))
    query = select(
        table.tenant,
        table.destination,
        func.sum(case((is_pending, 1), else_=0)).label("pending"),
        func.sum(case((waits, 1), else_=0)).label("waiting"),
        func.sum(case((table.state == DeliveryState.DEAD.value, 1), else_=0)).label("dead"),
        func.min(case((is_pending, table.event_seq))).label("oldest"),
    ).group_by(table.tenant, table.destination)
    return {(row["tenant"], row["destination"]): dict(row) for row in connection.execute(query).mappings()}


def _last_attempts(connection: Connection) -> dict[Name, tuple[datetime, str]]:
    table = DELIVERIES.c
    newest = (
        select(table.tenant, table.destination, func.max(table.updated_at).label("at"))
        .where(table.attempts > 0)
        .group_by(table.tenant, table.destination)
        .subquery()
    )
    tries = ATTEMPTS.alias("tries")
    last_number = select(func.max(tries.c.number)).where(tries.c.delivery_id == table.id).scalar_subquery()
    query = (
        select(table.tenant, table.destination, ATTEMPTS.c.started_at, ATTEMPTS.c.reason)
        .join(
            newest,
            and_(
                newest.c.tenant == table.tenant,
                newest.c.destination == table.destination,
                newest.c.at == table.updated_at,
            ),
        )
        .join(ATTEMPTS, and_(ATTEMPTS.c.delivery_id == table.id, ATTEMPTS.c.number == last_number))
        .order_by(ATTEMPTS.c.started_at)
    )
    return {
        (row.tenant, row.destination): (from_micros(row.started_at), row.reason) for row in connection.execute(query)
    }


def _made_at(connection: Connection, event_seq: int | None) -> datetime | None:
    made = connection.scalar(select(EVENTS.c.created_at).where(EVENTS.c.seq == event_seq))
    return None if made is None else from_micros(made)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else nairobi_text(moment)
