"""What columns hold: numbers of rows, derived ids, digests, moments."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Dialect, Index, Integer, LargeBinary, MetaData, TypeDecorator, text

METADATA = MetaData()
"""Every table of the store."""

# SQLite's own row id is a 64-bit INTEGER PRIMARY KEY; BIGINT would make it a second, slower index.
RowId = BigInteger().with_variant(Integer, "sqlite")

PUBLIC_BUCKET = 1024
"""So many rows share a part of the index of public ids: inserts stay inside one part, a search looks into each."""


class PublicId(TypeDecorator[str]):
    """A derived id: text in Python, its 16 bytes in the store."""

    impl = LargeBinary(16)
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> bytes | None:
        """Return what is stored."""
        return None if value is None else packed(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> str | None:
        """Return the text."""
        return None if value is None else str(UUID(bytes=bytes(value)))


class Digest(TypeDecorator[str]):
    """A digest: hex in Python, its bytes in the store."""

    impl = LargeBinary(32)
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> bytes | None:
        """Return what is stored."""
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> str | None:
        """Return the hex."""
        return None if value is None else bytes(value).hex()


def public_index(table: str) -> tuple[Index, Index]:
    """Return the index of a table's public ids, one for each database: cut into parts it helps SQLite only."""
    parts = Index(f"{table}_public", text(f"(seq / {PUBLIC_BUCKET})"), "id", unique=True)
    whole = Index(f"{table}_id", "id", unique=True)
    return parts.ddl_if(dialect="sqlite"), whole.ddl_if(dialect="postgresql")


def packed(public_id: str) -> bytes:
    """Return the 16 bytes of a derived id."""
    return bytes.fromhex(public_id.replace("-", ""))


def micros(name: str, nullable: bool = False) -> Column[int]:
    """Return a column of whole microseconds since 1970."""
    return Column(name, BigInteger, nullable=nullable)
