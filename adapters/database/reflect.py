"""Finding out what the customer's table looks like. Reads the catalogue, writes nothing."""

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Dialect, Inspector, inspect, text, types
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import SAWarning
from sqlalchemy.types import TypeEngine

from adapters.database.instant import Instant
from adapters.database.shape import Column, Shape, family_of

# What makes a unique index one of some rows, or of beginnings of values, only.
_PARTIAL = ("_where", "_length")

# SQLite's own indexes behind UNIQUE: of its constraints SQLAlchemy reads the text, and misses `VARCHAR(20) UNIQUE`.
_AND_UNNAMED: Mapping[str, Mapping[str, Any]] = {"sqlite": {"include_auto_indexes": True}}

# An index or a type that SQLAlchemy does not understand is simply not counted.
warnings.filterwarnings("ignore", "Skipped unsupported reflection|Did not recognize type", SAWarning)


def reflect(connection: Connection, table: str, schema: str | None) -> Shape:
    """Return what a table looks like. Raises NoSuchTableError, and whatever the driver raises."""
    inspector = inspect(connection)
    dialect = connection.dialect
    found = inspector.get_columns(table, schema)
    primary: list[str] = inspector.get_pk_constraint(table, schema).get("constrained_columns", [])
    columns = {each["name"]: _column(each, primary, dialect) for each in found}
    late = _late(connection, table, schema)
    uniques = list(_uniques(inspector, table, schema))
    return Shape(
        columns,
        uniques=frozenset(names for name, names in uniques if name not in late),
        late=frozenset(names for name, names in uniques if name in late),
        transactional=_transactional(inspector, table, schema),
    )


def tables_of(connection: Connection, schema: str | None) -> list[str]:
    """Return the names of the tables and views of a schema."""
    inspector = inspect(connection)
    return [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]


def _column(found: Mapping[str, Any], primary: list[str], dialect: Dialect) -> Column:
    kind = _plain_type(found["type"])
    family = family_of(kind)
    return Column(
        name=found["name"],
        family=family,
        type=_bound_type(kind, family, dialect),
        shown=_shown(kind, dialect),
        length=None if family != "text" or isinstance(kind, types.Enum) else getattr(kind, "length", None),
        precision=getattr(kind, "precision", None) if family == "numeric" else None,
        scale=_scale(kind) if family == "numeric" else None,
        aware=bool(getattr(kind, "timezone", False)) or isinstance(kind, mysql.TIMESTAMP),
        as_text=_is_text(family, dialect),
        nullable=bool(found["nullable"]),
        filled=_is_filled(found, kind, primary, dialect),
        generated=bool(found.get("computed")) or bool((found.get("identity") or {}).get("always")),
    )


def _plain_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return what a PostgreSQL domain is made of."""
    inner = getattr(kind, "data_type", None)
    return _plain_type(inner) if isinstance(inner, TypeEngine) else kind


def _scale(kind: TypeEngine[Any]) -> int | None:
    precision, scale = getattr(kind, "precision", None), getattr(kind, "scale", None)
    return 0 if precision is not None and scale is None else scale


def _bound_type(kind: TypeEngine[Any], family: str, dialect: Dialect) -> TypeEngine[Any]:
    """Return the type that values are bound with: the column's own but where that would lose something."""
    if isinstance(kind, mysql.TIMESTAMP):
        return Instant()
    if family in ("json", "other") or isinstance(kind, types.Enum):
        # As text, which the database reads by itself.
        return types.NullType()
    return types.String() if _is_text(family, dialect) else kind


def _is_text(family: str, dialect: Dialect) -> bool:
    """Tell whether values go in as text: SQLite has no times, and SQLAlchemy would give it floats for numbers."""
    return dialect.name == "sqlite" and family in ("date", "datetime", "numeric")


def _shown(kind: TypeEngine[Any], dialect: Dialect) -> str:
    try:
        return kind.compile(dialect=dialect)
    except Exception:
        # A type that SQLAlchemy does not know has no name to show.
        return "a type of its own"


def _is_filled(found: Mapping[str, Any], kind: TypeEngine[Any], primary: list[str], dialect: Dialect) -> bool:
    if found.get("default") is not None or found.get("identity") or found.get("computed"):
        return True
    if dialect.name == "sqlite":
        # The one kind of column that SQLite numbers by itself.
        return primary == [found["name"]] and str(kind).upper() == "INTEGER"
    return found.get("autoincrement") is True


def _uniques(inspector: Inspector, table: str, schema: str | None) -> Iterator[tuple[str | None, frozenset[str]]]:
    """Yield the name and the columns of whatever keeps columns unique in all rows."""
    primary = inspector.get_pk_constraint(table, schema)
    if primary.get("constrained_columns"):
        yield primary.get("name"), frozenset(primary["constrained_columns"])
    for index in inspector.get_indexes(table, schema, **_AND_UNNAMED.get(inspector.dialect.name, {})):
        # What is no column is an expression.
        names = [name for name in index["column_names"] if name is not None]
        whole = len(names) == len(index["column_names"]) and not _is_partial(index.get("dialect_options", {}))
        if index["unique"] and whole:
            yield index["name"], frozenset(names)
    if inspector.dialect.name not in ("mysql", "mariadb"):
        # MySQL's are its unique indexes, told there without the lengths of their columns.
        for constraint in inspector.get_unique_constraints(table, schema):
            yield constraint["name"], frozenset(constraint["column_names"])


def _late(connection: Connection, table: str, schema: str | None) -> frozenset[str]:
    """Return the unique indexes of PostgreSQL that are checked at the commit only, or whose making has failed."""
    if connection.dialect.name != "postgresql":
        return frozenset()
    return frozenset(connection.execute(_LATE, {"table": table, "schema": schema}).scalars())


_LATE = text(
    "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid "
    "JOIN pg_namespace n ON n.oid = t.relnamespace WHERE t.relname = :table AND x.indisunique "
    "AND NOT (x.indimmediate AND x.indisvalid) "
    "AND (n.nspname = CAST(:schema AS text) OR CAST(:schema AS text) IS NULL AND pg_table_is_visible(t.oid))"
)


def _is_partial(options: Mapping[str, Any]) -> bool:
    # A condition is an expression, which has no truth value.
    return any(key.endswith(_PARTIAL) and value is not None and str(value) != "{}" for key, value in options.items())


def _transactional(inspector: Inspector, table: str, schema: str | None) -> bool:
    if inspector.dialect.name not in ("mysql", "mariadb"):
        return True
    engine = str(inspector.get_table_options(table, schema).get("mysql_engine", "InnoDB"))
    return engine.lower() not in ("myisam", "aria", "memory", "csv", "archive")
