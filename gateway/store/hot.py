"""Statements of the hot path: written in Core, compiled once, then run as the driver's own text on plain tuples.

Core's work for each row (about 10 us) would cost more than the database's. Measured: docs/performance.md.
"""

import json
import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import UpdateBase

Row = tuple[Any, ...]


class cursor_of:  # noqa: N801 - it is used as a function; contextlib's would cost as much as the statement
    """Gives the driver's own cursor, inside the connection's transaction; its faults are raised as SQLAlchemy's."""

    def __init__(self, connection: Connection, text: str) -> None:
        self._connection = connection
        self._text = text

    def __enter__(self) -> Any:
        self._cursor = self._connection.connection.cursor()
        return self._cursor

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._cursor.close()
        faults = self._connection.dialect.loaded_dbapi.Error
        if isinstance(error, faults):
            # Without the parameters: those hold phone numbers and names.
            raise DBAPIError.instance(self._text, None, error, faults) from error


class HotStatement:
    """An insert or update for many rows. `names` are its parameters in the order in which rows give them.

    Constants have to be literals: a parameter that no row gives is a fault of the statement.
    """

    def __init__(self, statement: UpdateBase, *names: str) -> None:
        self._statement = statement
        self._names = names
        self._compiled: dict[str, tuple[str, tuple[str, ...] | None]] = {}

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Run the statement once for each row; no row, no statement."""
        if not rows:
            return
        text, order = self._text(connection.dialect)
        if order is None:
            given: Sequence[Any] = [dict(zip(self._names, map(storable, row), strict=True)) for row in rows]
        elif order == self._names:
            given = rows
        else:
            places = [self._names.index(name) for name in order]
            given = [tuple([row[place] for place in places]) for row in rows]
        with cursor_of(connection, text) as cursor:
            cursor.executemany(text, given)

    def _text(self, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
        """Return the text for this dialect and the order of its parameters, None where it takes them by name."""
        if dialect.name not in self._compiled:
            compiled = self._statement.compile(dialect=dialect, column_keys=list(self._names))
            order = tuple(compiled.positiontup) if compiled.positiontup is not None else None
            self._compiled[dialect.name] = (str(compiled), order)
        return self._compiled[dialect.name]


def storable(value: Any) -> Any:
    """Return a value as PostgreSQL takes it: neither a NUL nor half a character may stand in a text there.

    What came is kept as bytes, untouched; this is about texts made of it, and about what a destination answered.
    """
    if isinstance(value, str) and _UNSTORABLE.search(value) is not None:
        return _UNSTORABLE.sub("\ufffd", value)
    return value


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class HotLookup:
    """A query for the rows in which `name` has one of many values, however many: they go over as one parameter.

    Its text is the same for every number of values, so that nobody parses it twice.
    """

    def __init__(self, query: Select[Any], name: ColumnElement[Any]) -> None:
        self._query = query
        self._name = name
        self._compiled: dict[str, str] = {}
        self._shapes: dict[str, tuple[Callable[..., Any], Sequence[Callable[[Any], Any] | None]]] = {}

    def __call__(self, connection: Connection, values: Sequence[str | int]) -> Sequence[Any]:
        """Return the rows, as the driver gives them; no value, no query."""
        if not values:
            return ()
        many = _MANY[connection.dialect.name]
        text = self._text(connection.dialect, many)
        with cursor_of(connection, text) as cursor:
            cursor.execute(text, many.parameters(json.dumps([storable(value) for value in values])))
            found: Sequence[Any] = cursor.fetchall()
            return found

    def named(self, connection: Connection, values: Sequence[str | int]) -> list[Any]:
        """Return the rows with their names, their values as Python has them."""
        found = self(connection, values)
        if not found:
            return []
        make, reads = self._shape(connection.dialect)
        return [make(*_read(reads, row)) for row in found]

    def _shape(self, dialect: Dialect) -> tuple[Callable[..., Any], Sequence[Callable[[Any], Any] | None]]:
        """Return what makes a named row, and what reads the value of each column, None where it is as it should be."""
        if dialect.name not in self._shapes:
            columns = list(self._query.selected_columns)
            reads = [each.type.dialect_impl(dialect).result_processor(dialect, None) for each in columns]
            self._shapes[dialect.name] = (namedtuple("Found", [str(each.key) for each in columns]), reads)
        return self._shapes[dialect.name]

    def _text(self, dialect: Dialect, many: "_Many") -> str:
        if dialect.name not in self._compiled:
            query = self._query.where(many.condition(self._name))
            self._compiled[dialect.name] = str(query.compile(dialect=dialect))
        return self._compiled[dialect.name]


def _read(reads: Sequence[Callable[[Any], Any] | None], row: Sequence[Any]) -> Iterator[Any]:
    return (value if read is None else read(value) for read, value in zip(reads, row, strict=True))


class _Many(NamedTuple):
    """How a database is told many values at once: as a text of JSON."""

    condition: Callable[[ColumnElement[Any]], ColumnElement[bool]]
    parameters: Callable[[str], Any]


def _in_json(name: ColumnElement[Any]) -> ColumnElement[bool]:
    return name.in_(select(column("value")).select_from(func.json_each(bindparam("many"))))


def _in_elements(name: ColumnElement[Any]) -> ColumnElement[bool]:
    told = func.json_array_elements_text(cast(bindparam("many", type_=Text), JSON)).column_valued("told")
    return name.in_(select(cast(told, BigInteger if isinstance(name.type, Integer) else Text)))


# By dialect.
_MANY: Mapping[str, _Many] = {
    "sqlite": _Many(_in_json, lambda text: (text,)),
    "postgresql": _Many(_in_elements, lambda text: {"many": text}),
}


def next_events(connection: Connection, number: int) -> range:
    """Return so many numbers for new events, in the order in which the transactions commit: one writes at a time."""
    if number == 0:
        return range(0)
    first = _NEXT_EVENT[connection.dialect.name](connection, number)
    return range(first, first + number)


def _after_the_last(connection: Connection, _number: int) -> int:
    # Numbers of events that are gone do not come again.
    last: int | None = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'events'").scalar()
    return (last or 0) + 1


def _from_sequence(connection: Connection, number: int) -> int:
    drawn = select(func.min(func.nextval(literal_column("'events_seq_seq'")))).select_from(
        func.generate_series(1, number)
    )
    first: int = connection.execute(drawn).scalar_one()
    return first


# By dialect: reserves numbers and gives the first.
_NEXT_EVENT: Mapping[str, Callable[[Connection, int], int]] = {
    "sqlite": _after_the_last,
    "postgresql": _from_sequence,
}
