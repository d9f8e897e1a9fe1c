"""What stands around a file's lines, whichever files it is in: by it alone can one tell whether the balances fit."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from gateway.domain.event import Event
from gateway.domain.export import ClosedFile
from gateway.domain.times import from_micros, parse_time
from gateway.store.eventrow import event_of, select_events
from gateway.store.export_tables import EXPORT_FILES, EXPORT_LINES
from gateway.store.tables import EVENTS

_FILES, _LINES = EXPORT_FILES.c, EXPORT_LINES.c
# Of a day's lines the time alone is read: most are far from the file's.
_TIME = re.compile(r'"occurred_at":"([^"]+)"')
_AT_ONCE = 500


def events_around(connection: Connection, file: ClosedFile, events: Sequence[Event]) -> list[Event]:
    """Return what other files, and lines without one, have between the first and the last event of a file.

    With what comes before, back to the last payment that tells a balance, on the same day or the one before it that has
    lines. Nothing where none of the file's own events tells a balance.
    """
    if not any(event.balances for event in events):
        return []
    times = [event.occurred_at or event.received_at for event in events]
    others = sorted(_others(connection, file, max(times)))
    known = [at for at, has_balance, _ in others if has_balance and at <= min(times)]
    since = max(known, default=min(times))
    return list(_read(connection, [seq for at, _, seq in others if at >= since]))


def _others(connection: Connection, file: ClosedFile, last: datetime) -> Iterator[tuple[datetime, bool, int]]:
    lines = select(_LINES.event_seq, EVENTS.c.type, EVENTS.c.body, EVENTS.c.received_at).join(
        EVENTS, _LINES.event_seq == EVENTS.c.seq
    )
    mine = and_(_FILES.tenant == file.tenant, _FILES.destination == file.destination)
    mine = and_(mine, _FILES.shortcode == file.shortcode)
    before = select(func.max(_FILES.day)).where(mine, _FILES.day < file.day).scalar_subquery()
    near = or_(_FILES.day == file.day, _FILES.day == before)
    closed = select(_FILES.id).where(mine, near, _FILES.id != file.id)
    is_open = and_(_LINES.tenant == file.tenant, _LINES.destination == file.destination, _LINES.file_id.is_(None))
    for condition in (
        _LINES.file_id.in_(closed),
        and_(is_open, _LINES.shortcode == file.shortcode, _LINES.day <= file.day),
    ):
        for row in connection.execute(lines.where(condition)):
            at = _time(row)
            if at <= last:
                yield at, row.type == "payment.succeeded" and '"balances":' in row.body, row.event_seq


def _time(row: Any) -> datetime:
    found = _TIME.search(row.body)
    return parse_time(found[1]) if found else from_micros(row.received_at)


def _read(connection: Connection, numbers: Sequence[int]) -> Iterator[Event]:
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        for row in connection.execute(select_events().where(EVENTS.c.seq.in_(some))):
            yield event_of(row)
