"""The statements, as each database wants them. What is the same everywhere is SQLAlchemy's."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    Insert,
    Select,
    TableClause,
    and_,
    bindparam,
    column,
    false,
    insert,
    select,
    table,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from adapters.database.options import Options
from adapters.database.row import Row
from adapters.database.shape import Shape


class Written(StrEnum):
    """What became of a row."""

    # It is new.
    INSERTED = "inserted"
    # It was there and stays as it was.
    ALREADY_THERE = "already_there"
    # It was there, and the columns of `update` were written again.
    UPDATED = "updated"


class NotThere(Exception):
    """The database took no new row, and has none of that key either."""


class OtherSpelling(Exception):
    """The database takes the key of another row for this one's: it ignores case, accents or blanks."""


class Statements:
    """The statements of one destination's table, built once: what differs from row to row is handed over beside."""

    def __init__(self, options: Options, shape: Shape, dialect: Dialect) -> None:
        self._options = options
        self._table = _clause(options, shape)
        self._is_new = _INSERTS.get(dialect.name, _insert_or_look)
        # What MySQL refuses undoes that statement alone; others need to be told where to go back to.
        self._undone = dialect.name in ("mysql", "mariadb")
        self._explains = dialect.name in _EXPLAIN
        keys = [self._table.c[name] for name in options.unique]
        is_it = and_(*(key == bindparam(f"key_{n}", type_=key.type) for n, key in enumerate(keys)))
        inserting = _CONFLICT.get(dialect.name, _plainly)
        self._insert = inserting(self._table, keys, None)
        self._insert_nothing = inserting(self._table, keys, select(*self._table.c).where(false()))
        self._find = select(*keys).where(is_it)
        again = {name: bindparam(f"new_{n}", type_=self._table.c[name].type) for n, name in enumerate(options.update)}
        self._update = update(self._table).where(is_it).values(again)
        self._also = [text(each.sql) for each in options.also]

    def put(self, connection: Connection, row: Row) -> Written:
        """Write a row in the caller's transaction: once. Raises IntegrityError for any constraint but `unique`."""
        if self._is_new(self, connection, row):
            for statement, values in zip(self._also, row.also, strict=True):
                connection.execute(statement, values)
            return Written.INSERTED
        if not self.find(connection, row):
            raise NotThere
        if not self._options.update:
            return Written.ALREADY_THERE
        again = {f"new_{n}": row.values[name] for n, name in enumerate(self._options.update)}
        connection.execute(self._update, {**_keys(row), **again})
        return Written.UPDATED

    def find(self, connection: Connection, row: Row) -> bool:
        """Tell whether a row of that key is there. Raises OtherSpelling where it only seems so to the database."""
        found = connection.execute(self._find, _keys(row)).all()
        if found and not any(_is_same(row.key, tuple(each)) for each in found):
            raise OtherSpelling
        return bool(found)

    def try_rights(self, connection: Connection) -> None:
        """Have the database judge everything that will be asked of it, without writing a row. Roll back afterwards."""
        connection.execute(self._insert_nothing)
        if self._options.update:
            same = {name: self._table.c[name] for name in self._options.update}
            connection.execute(update(self._table).where(false()).values(same))
        for also in self._options.also:
            if self._explains and also.sql.split(maxsplit=1)[0].upper() in _EXPLAINED:
                connection.execute(text(f"EXPLAIN {also.sql}"), dict.fromkeys(also.values))

    def insert_unless_there(self, connection: Connection, row: Row) -> bool:
        """Insert by ON CONFLICT DO NOTHING; return whether the row is new."""
        return connection.execute(self._insert, row.values).rowcount == 1

    def insert_or_look(self, connection: Connection, row: Row) -> bool:
        """Insert, and where that breaks a constraint look which: return False where it was `unique`."""
        try:
            with nullcontext() if self._undone else connection.begin_nested():
                connection.execute(self._insert, row.values)
        except IntegrityError:
            if self.find(connection, row):
                return False
            raise
        return True


def parameters(sql: str) -> frozenset[str]:
    """Return the names of a statement's parameters. Raises SQLAlchemyError."""
    return frozenset(text(sql).compile().params)


def _clause(options: Options, shape: Shape) -> TableClause:
    columns = [column(name, shape.columns[name].type) for name in options.columns]
    return table(options.table, *columns, schema=options.schema)


def _keys(row: Row) -> dict[str, Any]:
    return {f"key_{n}": value for n, value in enumerate(row.key)}


def _is_same(wanted: tuple[Any, ...], found: tuple[Any, ...]) -> bool:
    """Compare texts letter by letter; everything else a database compares exactly. CHAR comes back with blanks."""
    pairs = zip(wanted, found, strict=True)
    texts = [(left, right) for left, right in pairs if isinstance(left, str) and isinstance(right, str)]
    return all(left.rstrip(" ") == right.rstrip(" ") for left, right in texts)


def _unless_there(dialect: Any) -> Callable[[TableClause, Sequence[Any], Select[Any] | None], Insert]:
    def make(into: TableClause, keys: Sequence[Any], rows: Select[Any] | None) -> Insert:
        statement = _from(dialect.insert(into), rows)
        unless_there: Insert = statement.on_conflict_do_nothing(index_elements=keys)
        return unless_there.execution_options(preserve_rowcount=True)

    return make


def _plainly(into: TableClause, _keys: Sequence[Any], rows: Select[Any] | None) -> Insert:
    statement: Insert = _from(insert(into), rows)
    return statement


def _from(statement: Any, rows: Select[Any] | None) -> Any:
    return statement if rows is None else statement.from_select([each.name for each in rows.selected_columns], rows)


_insert_or_look = Statements.insert_or_look

_CONFLICT: Mapping[str, Callable[[TableClause, Sequence[Any], Select[Any] | None], Insert]] = {
    "postgresql": _unless_there(postgresql),
    "sqlite": _unless_there(sqlite),
}
_INSERTS = dict.fromkeys(_CONFLICT, Statements.insert_unless_there)
_EXPLAIN = frozenset({"postgresql", "sqlite", "mysql", "mariadb"})
# What these say they can tell of without doing it; a CALL they cannot.
_EXPLAINED = frozenset({"INSERT", "UPDATE", "DELETE", "SELECT", "WITH"})
