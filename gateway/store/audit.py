"""What people and programs have done by API and console: one row for each action, never changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, String, Table, Text, insert, select

from gateway.domain.times import from_micros, nairobi_text, to_micros
from gateway.store.columns import METADATA, RowId
from gateway.store.page import Page

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    # user:NAME or token:NAME
    Column("who", String(80), nullable=False),
    # Whose; empty where it is of no tenant alone.
    Column("tenant", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    # What it was done to, and how much; of no payer.
    Column("detail", Text, nullable=False),
    Column("source", String(64), nullable=False),
    sqlite_autoincrement=True,
)
"""Actions in the order in which they were done."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that somebody did."""

    at: datetime
    who: str
    tenant: str
    action: str
    detail: str
    source: str


def note(connection: Connection, done: Action) -> None:
    """Write it down, in the transaction that does it where there is one."""
    connection.execute(
        insert(AUDIT).values(
            at=to_micros(done.at),
            who=done.who,
            tenant=done.tenant,
            action=done.action,
            detail=done.detail,
            source=done.source,
        )
    )


def actions(connection: Connection, page: Page) -> Iterator[dict[str, Any]]:
    """Give what was done."""
    for row in connection.execute(page.cut(select(AUDIT), AUDIT.c.tenant, AUDIT.c.id)).mappings():
        yield {**row, "id": str(row["id"]), "at": nairobi_text(from_micros(row["at"]))}
