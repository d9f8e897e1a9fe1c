"""The statements, as each database wants them. What is the same everywhere is SQLAlchemy's."""

from collections.abc import Mapping
from contextlib import nullcontext
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, TableClause, and_, column, false, insert, select, table, text, update
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
    """The statements of one destination's table."""

    def __init__(self, options: Options, shape: Shape) -> None:
        self._options = options
        self._table = _clause(options, shape)

    def put(self, connection: Connection, row: Row) -> Written:
        """Write a row in the caller's transaction: once. Raises IntegrityError for any constraint but `unique`."""
        if _INSERTS.get(connection.dialect.name, _insert_or_look)(self, connection, row):
            for also, values in zip(self._options.also, row.also, strict=True):
                connection.execute(text(also.sql), values)
            return Written.INSERTED
        if not self.find(connection, row):
            raise NotThere
        if not self._options.update:
            return Written.ALREADY_THERE
        again = {name: row.values[name] for name in self._options.update}
        connection.execute(update(self._table).where(self._is(row)).values(again))
        return Written.UPDATED

    def find(self, connection: Connection, row: Row) -> bool:
        """Tell whether a row of that key is there. Raises OtherSpelling where it only seems so to the database."""
        keys = [self._table.c[name] for name in self._options.unique]
        found = connection.execute(select(*keys).where(self._is(row))).all()
        if found and not any(_is_same(tuple(row.key.values()), tuple(each)) for each in found):
            raise OtherSpelling
        return bool(found)

    def try_rights(self, connection: Connection) -> None:
        """Have the database judge everything that will be asked of it, without writing a row. Roll back afterwards."""
        columns = [self._table.c[name] for name in self._options.columns]
        none = select(*columns).where(false())
        connection.execute(insert(self._table).from_select([each.name for each in columns], none))
        if self._options.update:
            same = {name: self._table.c[name] for name in self._options.update}
            connection.execute(update(self._table).where(false()).values(same))
        for also, values in ((each, dict.fromkeys(each.values)) for each in self._options.also):
            if connection.dialect.name in _EXPLAIN:
                connection.execute(text(f"EXPLAIN {also.sql}"), values)

    def insert_unless_there(self, connection: Connection, row: Row) -> bool:
        """Insert by ON CONFLICT DO NOTHING; return whether the row is new."""
        dialect: Any = _CONFLICT[connection.dialect.name]
        statement = dialect.insert(self._table).values(row.values)
        keys = [self._table.c[name] for name in self._options.unique]
        statement = statement.on_conflict_do_nothing(index_elements=keys).execution_options(preserve_rowcount=True)
        return connection.execute(statement).rowcount == 1

    def insert_or_look(self, connection: Connection, row: Row) -> bool:
        """Insert, and where that breaks a constraint look which: return False where it was `unique`."""
        # What MySQL refuses undoes that statement alone; others need to be told where to go back to.
        undone = connection.dialect.name in ("mysql", "mariadb")
        try:
            with nullcontext() if undone else connection.begin_nested():
                connection.execute(insert(self._table).values(row.values))
        except IntegrityError:
            if self.find(connection, row):
                return False
            raise
        return True

    def _is(self, row: Row) -> Any:
        return and_(*(self._table.c[name] == value for name, value in row.key.items()))


def parameters(sql: str) -> frozenset[str]:
    """Return the names of a statement's parameters. Raises SQLAlchemyError."""
    return frozenset(text(sql).compile().params)


def _clause(options: Options, shape: Shape) -> TableClause:
    columns = [column(name, shape.columns[name].type) for name in options.columns]
    return table(options.table, *columns, schema=options.schema)


def _is_same(wanted: tuple[Any, ...], found: tuple[Any, ...]) -> bool:
    """Compare texts letter by letter; everything else a database compares exactly. CHAR comes back with blanks."""
    pairs = zip(wanted, found, strict=True)
    texts = [(left, right) for left, right in pairs if isinstance(left, str) and isinstance(right, str)]
    return all(left.rstrip(" ") == right.rstrip(" ") for left, right in texts)


_insert_unless_there = Statements.insert_unless_there
_insert_or_look = Statements.insert_or_look

_CONFLICT: Mapping[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}
_INSERTS = {"postgresql": _insert_unless_there, "sqlite": _insert_unless_there}
_EXPLAIN = frozenset({"postgresql", "sqlite", "mysql", "mariadb"})
