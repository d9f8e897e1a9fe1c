"""What was spooled, in the store's own transaction: once, whatever was written of it before a crash."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, union_all

from gateway.domain.received import Received
from gateway.store.tables import CALLBACKS, QUARANTINE, QUESTIONS


def not_there_yet(connection: Connection, batch: Sequence[Received]) -> list[Received]:
    """Return those whose callback has no row yet: a crash may come between their commit and the end of their file."""
    ids = [item.callback.id for item in batch]
    found = union_all(*(select(table.c.id).where(table.c.id.in_(ids)) for table in (CALLBACKS, QUARANTINE, QUESTIONS)))
    known = set(connection.scalars(found))
    return [item for item in batch if item.callback.id not in known]
