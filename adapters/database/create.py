"""Making the table, only where `create_table: true` asks for it: with the unique constraint, never altered later."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, Dialect, Engine, MetaData, Table, UniqueConstraint, types
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine

from adapters.database.kinds import natural_kind
from adapters.database.options import Options, Source


def create(engine: Engine, options: Options) -> None:
    """Make the table. That another gateway makes it at the same moment is no error."""
    names = options.unique
    types_ = {name: _type(source, engine.dialect) for name, source in options.columns.items()}
    columns = [Column(name, type_, nullable=name not in names) for name, type_ in types_.items()]
    table = Table(
        options.table,
        MetaData(),
        *columns,
        UniqueConstraint(*names),
        schema=options.schema,
        # Names with emoji need the whole of UTF-8.
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_engine="InnoDB",
    )
    try:
        with engine.begin() as connection:
            connection.execute(CreateTable(table, if_not_exists=True))
    except DBAPIError:
        with engine.connect() as connection:
            # PostgreSQL's IF NOT EXISTS fails where two do it at once.
            if not engine.dialect.has_table(connection, options.table, options.schema):
                raise


def _type(source: Source, dialect: Dialect) -> TypeEngine[Any]:
    kind = source.kind or natural_kind(source) or _fixed(source)
    return _TYPES[kind](dialect)


def _fixed(source: Source) -> str:
    if isinstance(source.fixed, bool):
        return "boolean"
    return "text" if source.fixed is None else "integer"


def _numeric(dialect: Dialect) -> TypeEngine[Any]:
    # SQLite would keep its NUMERIC as a float.
    return types.Text() if dialect.name == "sqlite" else types.Numeric(18, 2)


def _datetime(dialect: Dialect) -> TypeEngine[Any]:
    return mysql.DATETIME(fsp=6) if dialect.name in ("mysql", "mariadb") else types.DateTime(timezone=True)


_TYPES: Mapping[str, Callable[[Dialect], TypeEngine[Any]]] = {
    "text": lambda _dialect: types.String(255),
    "numeric": _numeric,
    "integer": lambda _dialect: types.BigInteger(),
    "cents": lambda _dialect: types.BigInteger(),
    "boolean": lambda _dialect: types.Boolean(),
    "date": lambda _dialect: types.Date(),
    "datetime": _datetime,
    "json": lambda _dialect: types.JSON(),
}
