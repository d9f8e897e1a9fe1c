"""What the customer's table looks like: plain facts, however they were found out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import types
from sqlalchemy.types import TypeEngine


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `family` is the rough type that decides which kinds of values fit: one of `FAMILIES`."""

    name: str
    family: str
    # As the driver is to be given it.
    type: TypeEngine[Any]
    # As people read it.
    shown: str = ""
    # Characters that a text may have, digits that a number may have; None: no limit is known.
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    # Times keep their zone.
    aware: bool = False
    # Times, days and exact numbers are written as text: the database has no type of its own for them.
    as_text: bool = False
    nullable: bool = True
    # The database fills it where nothing is written: a default, a sequence.
    filled: bool = False
    # Nothing can be written: a computed column.
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as it was found."""

    columns: Mapping[str, Column]
    # The column sets of which no two rows have the same values: primary key, unique constraints and indexes.
    uniques: frozenset[frozenset[str]]
    # Those of which a database tells at the commit only, or that were never finished.
    late: frozenset[frozenset[str]] = frozenset()
    # False: what was written stays even where the transaction is rolled back.
    transactional: bool = True


FAMILIES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (types.JSON, "json"),
    (types.Boolean, "boolean"),
    (types.Uuid, "uuid"),
    (types.Enum, "text"),
    (types.Float, "float"),
    (types.Numeric, "numeric"),
    (types.Integer, "integer"),
    (types.DateTime, "datetime"),
    (types.Date, "date"),
    (types.String, "text"),
    (types.LargeBinary, "binary"),
)
"""SQLAlchemy's classes -> family; the first that a type belongs to. What is in none is `other`."""


def family_of(found: TypeEngine[Any]) -> str:
    """Return the family of a reflected type; `other` for one that is handed over as text and left to the database."""
    return next((family for kind, family in FAMILIES if isinstance(found, kind)), "other")
