"""Inserts of the hot path: many rows in the driver's own words, the way that each database takes fastest.

SQLite runs one prepared statement for each row, in the process. To PostgreSQL all rows go over as one text of JSON in
one statement: a row costs a twelfth of what a statement of its own would. Measured: docs/performance.md.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    LargeBinary,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
)

from gateway.store.dialects import INSERT
from gateway.store.hot import HotStatement, Row, cursor_of, storable

Conflict = Callable[[Any], Any]
"""Adds to an INSERT what becomes of rows that are there already."""


class HotInsert:
    """An INSERT of many rows. `names` are the columns in the order in which rows give them.

    With `one_by_one` rows may meet each other in what `conflict` says: PostgreSQL updates no row twice in a statement.
    """

    def __init__(
        self, table: Table, *names: str, conflict: Conflict = lambda insert: insert, one_by_one: bool = False
    ) -> None:
        self._table = table
        self._names = names
        self._conflict = conflict
        self._one_by_one = one_by_one
        self._ways: dict[str, Callable[[Connection, Sequence[Row]], None]] = {}

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows; no row, no statement."""
        if not rows:
            return
        name = connection.dialect.name
        if name not in self._ways:
            self._ways[name] = self._way(connection.dialect)
        self._ways[name](connection, rows)

    def _way(self, dialect: Dialect) -> Callable[[Connection, Sequence[Row]], None]:
        if dialect.name in _AT_ONCE and not self._one_by_one:
            return _AtOnce(self._conflict(_from_json(self._table, self._names)), self._names, dialect)
        return HotStatement(self._conflict(INSERT[dialect.name](self._table)), *self._names)


_AT_ONCE = frozenset({"postgresql"})


class _AtOnce:
    """One statement with one parameter."""

    def __init__(self, statement: Any, names: Sequence[str], dialect: Dialect) -> None:
        self._text = str(statement.compile(dialect=dialect))
        self._names = names

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        given = [dict(zip(self._names, map(storable, row), strict=True)) for row in rows]
        with cursor_of(connection, self._text) as cursor:
            cursor.execute(self._text, {_ROWS: json.dumps(given, default=_as_text, ensure_ascii=False)})


_ROWS = "rows"


def _as_text(value: Any) -> str:
    return b64encode(value).decode("ascii")


def _from_json(table: Table, names: Sequence[str]) -> Any:
    columns = [table.c[name] for name in names]
    told = func.json_to_recordset(cast(bindparam(_ROWS, type_=Text), JSON))
    rows = told.table_valued(*(column(one.name, _sent(one)) for one in columns)).render_derived("told", with_types=True)
    return INSERT["postgresql"](table).from_select(
        list(names), select(*(_received(rows.c[one.name], one) for one in columns))
    )


def _sent(one: Column[Any]) -> Any:
    """Return the type in which a value goes over: text where JSON has none for it."""
    return one.type if isinstance(one.type, Integer | Boolean) else Text()


def _received(value: ColumnElement[Any], one: Column[Any]) -> ColumnElement[Any]:
    return func.decode(value, literal_column("'base64'")) if _is_binary(one) else value


def _is_binary(one: Column[Any]) -> bool:
    kind = one.type.impl_instance if isinstance(one.type, TypeDecorator) else one.type
    return isinstance(kind, LargeBinary)
