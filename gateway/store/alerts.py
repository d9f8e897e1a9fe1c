"""What has happened that a person should know, read from what is stored anyway; and how far each target was told."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, insert, not_, select

from gateway.domain.alerts import News
from gateway.domain.delivery import DeliveryState, WaitingFor
from gateway.domain.ids import row_id_at
from gateway.domain.settled import Disposition
from gateway.domain.times import from_micros, to_micros
from gateway.store.lanes import LANES
from gateway.store.tables import CALLBACKS, DELIVERIES, EVENTS, META, QUARANTINE


@dataclass(frozen=True, slots=True)
class Told:
    """How far a target was told: of all until then, and of these things that go on."""

    until: datetime
    # The number of the last event by then.
    event: int
    standing: frozenset[str] = frozenset()


def read_told(connection: Connection, target: str) -> Told | None:
    """Return how far a target was told, None where it is new."""
    found = connection.scalar(select(META.c.value).where(META.c.key == target))
    if found is None:
        return None
    told = json.loads(found)
    return Told(from_micros(told["until"]), told["event"], frozenset(told["standing"]))


def write_told(connection: Connection, target: str, told: Told) -> None:
    """Write how far a target was told."""
    value = {"until": to_micros(told.until), "event": told.event, "standing": sorted(told.standing)}
    connection.execute(delete(META).where(META.c.key == target))
    connection.execute(insert(META).values(key=target, value=json.dumps(value)))


def last_event(connection: Connection) -> int:
    """Return the number of the last event."""
    return connection.scalar(select(func.max(EVENTS.c.seq))) or 0


def news(connection: Connection, since: Told, until: datetime, last: int) -> list[News]:
    """Return what has happened since then, alike things together. It looks at what is new, or at what is small."""
    return [*_rows(connection, "dead_letter", _deliveries(since, until, _DEAD)),
            *_rows(connection, "review", _deliveries(since, until, _HELD)),
            *_rows(connection, "parked", _parked(since, until)),
            *_rows(connection, "conflict", _callbacks(since, until)),
            *_rows(connection, "quarantine", _quarantined(since, until)),
            *_rows(connection, "resolved", _resolved(since, last))]  # fmt: skip


_DEAD = DELIVERIES.c.state == DeliveryState.DEAD.value
_HELD = and_(DELIVERIES.c.state == DeliveryState.PENDING.value, DELIVERIES.c.waiting_for == WaitingFor.REVIEW.value)


def _rows(connection: Connection, word: str, query: Select[Any]) -> Iterable[News]:
    return [News(word, tenant, what, count) for tenant, what, count in connection.execute(query)]


def _counted(tenant: Any, what: Any, *which: Any) -> Select[Any]:
    return select(tenant, what, func.count()).where(*which).group_by(tenant, what).order_by(tenant, what)


def _deliveries(since: Told, until: datetime, which: Any) -> Select[Any]:
    table = DELIVERIES.c
    return _counted(table.tenant, table.destination, which, *_between(table.updated_at, since, until))


def _parked(since: Told, until: datetime) -> Select[Any]:
    table = LANES.c
    return _counted(table.tenant, table.destination, *_between(table.parked_at, since, until))


def _callbacks(since: Told, until: datetime) -> Select[Any]:
    table = CALLBACKS.c
    contradicts = table.disposition == Disposition.CONFLICT.value
    return _counted(table.tenant, table.shortcode, contradicts, *_numbered(table.id, since, until))


def _quarantined(since: Told, until: datetime) -> Select[Any]:
    table = QUARANTINE.c
    return _counted(table.tenant, table.shortcode, not_(table.resolved), *_numbered(table.id, since, until))


def _resolved(since: Told, last: int) -> Select[Any]:
    table = EVENTS.c
    after_all = (table.type.like("%.succeeded"), table.body.like('%"supersedes":"%'))
    return _counted(table.tenant, table.shortcode, table.seq > since.event, table.seq <= last, *after_all)


def _between(column: Any, since: Told, until: datetime) -> tuple[Any, Any]:
    return column > to_micros(since.until), column <= to_micros(until)


def _numbered(column: Any, since: Told, until: datetime) -> tuple[Any, Any]:
    # Numbers grow with time, so that a part of the table is read and not all of it.
    return column > row_id_at(since.until), column <= row_id_at(until)
