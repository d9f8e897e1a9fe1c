"""The export ledger: lines go in with their delivery's mark, files are closed over them, and read again at any time."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, and_, exists, func, insert, inspect, literal, or_, select, update

from gateway.domain.due import AttemptEnded
from gateway.domain.event import Event
from gateway.domain.export import ClosedFile, CloseLines, Cut, FileWritten, OpenLine, cut_up
from gateway.domain.times import from_micros, to_micros
from gateway.store.eventrow import event_of, select_events
from gateway.store.export_tables import EXPORT_FILES, EXPORT_LINES
from gateway.store.tables import DELIVERIES, EVENTS

_FILES, _LINES = EXPORT_FILES.c, EXPORT_LINES.c
# Databases take so many parameters in one statement.
_AT_ONCE = 500


def book_line(connection: Connection, ended: AttemptEnded) -> None:
    """Put the line of an attempt into the ledger, unless its event has one there already."""
    line = ended.verdict.line
    if line is None:
        return
    table = DELIVERIES.c
    known = exists().where(
        _LINES.tenant == table.tenant,
        _LINES.destination == table.destination,
        _LINES.event_seq == table.event_seq,
    )
    row = select(
        table.tenant,
        table.destination,
        table.event_seq,
        literal(line.shortcode),
        literal(line.day),
        # Stated, as a database takes a number for a small one.
        literal(to_micros(ended.started_at), BigInteger),
    ).where(table.id == ended.delivery_id, ~known)
    names = ["tenant", "destination", "event_seq", "shortcode", "day", "booked_at"]
    connection.execute(insert(EXPORT_LINES).from_select(names, row))


def is_due(connection: Connection, tenant: str, destination: str, cut: Cut) -> bool:
    """Tell whether there is anything to close."""
    mine = and_(_LINES.tenant == tenant, _LINES.destination == destination, _LINES.file_id.is_(None))
    time = _LINES.booked_at < to_micros(cut.before)
    if cut.days_before is not None:
        time = and_(time, _LINES.day < cut.days_before)
    if connection.scalar(select(_LINES.id).where(mine, time).limit(1)) is not None:
        return True
    if cut.full is None:
        return False
    full = select(_LINES.day).where(mine).group_by(_LINES.shortcode, _LINES.day).having(func.count() >= cut.full)
    return connection.scalar(full.limit(1)) is not None


def close_lines(connection: Connection, closing: CloseLines) -> None:
    """Close files over the open lines whose time has come: from then on it is settled which lines each has."""
    for (shortcode, day), lines in groupby(_open_lines(connection, closing), lambda line: (line.shortcode, line.day)):
        for file in cut_up(list(lines), closing.cut):
            _close(connection, closing, shortcode, day, [line.id for line in file])


def unwritten(connection: Connection, tenant: str | None = None, destination: str | None = None) -> list[ClosedFile]:
    """Return closed files, of all or of one destination, whose bytes are not in the folder yet, the oldest first."""
    query = select(EXPORT_FILES).where(_FILES.written_at.is_(None))
    if tenant is not None:
        query = query.where(_FILES.tenant == tenant, _FILES.destination == destination)
    return [_closed(row) for row in connection.execute(query.order_by(_FILES.id))]


def mark_written(connection: Connection, written: FileWritten) -> None:
    """Note that the bytes of a file are in the folder, and what they were rendered with."""
    connection.execute(
        update(EXPORT_FILES)
        .where(_FILES.id == written.file_id)
        .values(
            written_at=to_micros(written.at),
            body_digest=written.digest,
            settings=json.dumps(written.settings, ensure_ascii=False),
        )
    )


def is_there(connection: Connection) -> bool:
    """Tell whether the store has the ledger's tables: one that an older release made gets them at the next start."""
    return inspect(connection).has_table(EXPORT_FILES.name)


def files(connection: Connection, tenant: str | None = None, shortcode: str | None = None) -> Iterator[dict[str, Any]]:
    """Give the files in the order they were closed, as people list them."""
    query = select(EXPORT_FILES).order_by(_FILES.id)
    if tenant is not None:
        query = query.where(_FILES.tenant == tenant)
    if shortcode is not None:
        query = query.where(_FILES.shortcode == shortcode)
    for row in connection.execute(query):
        file = _closed(row)
        yield {
            "id": file.id,
            "tenant": file.tenant,
            "destination": file.destination,
            "shortcode": file.shortcode,
            "day": file.day,
            "name": file.name,
            "lines": row.lines,
            "written": row.written_at is not None,
            "sha256": row.body_digest,
        }


def waiting(
    connection: Connection, tenant: str | None = None, shortcode: str | None = None
) -> Iterator[dict[str, Any]]:
    """Give what no file has yet: how many lines of each destination, shortcode and day."""
    names = (_LINES.tenant, _LINES.destination, _LINES.shortcode, _LINES.day)
    query = (
        select(*names, func.count().label("lines")).where(_LINES.file_id.is_(None)).group_by(*names).order_by(*names)
    )
    if tenant is not None:
        query = query.where(_LINES.tenant == tenant)
    if shortcode is not None:
        query = query.where(_LINES.shortcode == shortcode)
    for row in connection.execute(query).mappings():
        yield {"id": None, **row, "name": None, "written": False, "sha256": None}


def file_named(connection: Connection, name: str) -> list[ClosedFile]:
    """Return the files that a number or a name stands for."""
    if name.isascii() and name.isdigit() and len(name) < 19:
        query = select(EXPORT_FILES).where(_FILES.id == int(name))
    else:
        day = name.split("_")[-2:-1]
        query = select(EXPORT_FILES).where(_FILES.day == (day[0] if day else ""))
    found = [_closed(row) for row in connection.execute(query.order_by(_FILES.id))]
    return [file for file in found if name in (str(file.id), file.name)]


def events_in(connection: Connection, file_id: int) -> Iterator[Event]:
    """Give the events of a file's lines."""
    query = select_events().join(EXPORT_LINES, _LINES.event_seq == EVENTS.c.seq)
    for row in connection.execute(query.where(_LINES.file_id == file_id).order_by(_LINES.id)):
        yield event_of(row)


def events_of(
    connection: Connection, tenant: str, shortcode: str, now: datetime, destination: str | None = None
) -> tuple[int, Iterator[Event]]:
    """Return how many events a shortcode has that no twin can change any more, and give them.

    With `destination` only those that were routed to it.
    """
    done = or_(EVENTS.c.sealed, EVENTS.c.sealed_at.is_(None), EVENTS.c.sealed_at <= to_micros(now))
    mine = [EVENTS.c.tenant == tenant, EVENTS.c.shortcode == shortcode, done]
    if destination is not None:
        routed = exists().where(DELIVERIES.c.event_seq == EVENTS.c.seq, DELIVERIES.c.destination == destination)
        mine.append(routed)
    total = connection.scalar(select(func.count()).select_from(EVENTS).where(*mine)) or 0
    rows = connection.execute(select_events().where(*mine).order_by(EVENTS.c.seq))
    return total, map(event_of, rows)


def _open_lines(connection: Connection, closing: CloseLines) -> Iterator[OpenLine]:
    query = (
        select(_LINES.id, _LINES.shortcode, _LINES.day, _LINES.booked_at)
        .where(
            _LINES.tenant == closing.tenant,
            _LINES.destination == closing.destination,
            _LINES.file_id.is_(None),
        )
        .order_by(_LINES.shortcode, _LINES.day, _LINES.id)
    )
    rows = connection.execute(query).all()
    return (OpenLine(row.id, row.shortcode, row.day, from_micros(row.booked_at)) for row in rows)


def _close(connection: Connection, closing: CloseLines, shortcode: str, day: str, lines: Sequence[int]) -> None:
    plan = closing.plan
    # Numbers run through a folder: two destinations that share one do not give two files one name.
    same = [
        _FILES.tenant == closing.tenant,
        _FILES.shortcode == shortcode,
        _FILES.day == day,
        _FILES.extension == plan.extension,
        _FILES.folder == plan.folder,
    ]
    seq = (connection.scalar(select(func.max(_FILES.seq)).where(*same)) or 0) + 1
    path = f"{plan.folder}/{file_name(closing.tenant, shortcode, day, seq, plan.extension)}"
    made = connection.execute(
        insert(EXPORT_FILES).values(
            tenant=closing.tenant,
            destination=closing.destination,
            shortcode=shortcode,
            day=day,
            seq=seq,
            extension=plan.extension,
            folder=plan.folder,
            path_digest=hashlib.sha256(path.encode()).hexdigest(),
            adapter=plan.adapter,
            settings=json.dumps(plan.settings, ensure_ascii=False),
            lines=len(lines),
            closed_at=to_micros(closing.at),
        )
    )
    file_id = made.inserted_primary_key[0] if made.inserted_primary_key else None
    for start in range(0, len(lines), _AT_ONCE):
        some = lines[start : start + _AT_ONCE]
        connection.execute(update(EXPORT_LINES).where(_LINES.id.in_(some)).values(file_id=file_id))


def file_name(tenant: str, shortcode: str, day: str, seq: int, extension: str) -> str:
    """Return the name of a file."""
    return f"{tenant}_{shortcode}_{day}_{seq}.{extension}"


def _closed(row: Row[Any]) -> ClosedFile:
    return ClosedFile(
        id=row.id,
        tenant=row.tenant,
        destination=row.destination,
        shortcode=row.shortcode,
        day=row.day,
        name=file_name(row.tenant, row.shortcode, row.day, row.seq, row.extension),
        folder=row.folder,
        adapter=row.adapter,
        settings=json.loads(row.settings),
    )
