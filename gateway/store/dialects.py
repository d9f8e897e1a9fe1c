"""Where the databases that a store may lie in differ: a row for each, by SQLAlchemy's name of the dialect."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Table, func, literal
from sqlalchemy.dialects import postgresql, sqlite

INSERT: Mapping[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""Gives the INSERT for a table that can say what is to become of a row that is there already."""

Column = ColumnElement[Any]

HOLDS: Mapping[str, Callable[[Column, bytes], ColumnElement[bool]]] = {
    "sqlite": lambda column, part: func.instr(column, part) > 0,
    "postgresql": lambda column, part: func.position(literal(part, LargeBinary).op("IN")(column)) > 0,
}
"""Tells whether the bytes of a column hold a part."""
