"""Whether the table that was found suits the settings: pure, and every fault with what mends it."""

from collections.abc import Iterator
from difflib import get_close_matches

from sqlalchemy import Dialect

from adapters.database.fit import DEFAULT_KINDS, goes
from adapters.database.kinds import natural_kind
from adapters.database.options import Options
from adapters.database.shape import Column, Shape


def faults(options: Options, shape: Shape, dialect: Dialect) -> tuple[str, ...]:
    """Return what keeps rows from being written exactly once and exactly, a sentence each."""
    return (
        *_missing(options, shape),
        *_types(options, shape, dialect),
        *_unfilled(options, shape),
        *_unique(options, shape, dialect),
        *_lasting(options, shape),
    )


def _missing(options: Options, shape: Shape) -> Iterator[str]:
    for name in options.columns:
        if name not in shape.columns:
            near = get_close_matches(name, shape.columns, n=1)
            known = f"did you mean {near[0]}?" if near else f"it has {', '.join(shape.columns)}."
            yield f"The table {options.shown_table} has no column {name}; {known}"


def _types(options: Options, shape: Shape, dialect: Dialect) -> Iterator[str]:
    for name, source in options.columns.items():
        column = shape.columns.get(name)
        if column is None:
            continue
        if column.generated:
            yield f"The column {name} is computed by the database, so nothing can be written there: leave it out."
            continue
        natural = natural_kind(source)
        kind = source.kind or DEFAULT_KINDS.get(column.family) or natural or "text"
        fault = _type_fault(kind, None if source.kind else natural, column, dialect)
        if fault:
            yield f"The column {name} is {column.shown}: {fault}"


def _type_fault(kind: str, natural: str | None, column: Column, dialect: Dialect) -> str | None:
    if column.family == "float":
        return "it rounds, so no amount can be written there; use NUMERIC, a text, or whole cents (`type: cents`)."
    if dialect.name == "sqlite" and column.family == "numeric" and kind == "numeric":
        return (
            "SQLite keeps its decimals as floats, which round; "
            "make it TEXT for the amount as it is, or write whole cents into it (`type: cents`)."
        )
    if natural == "numeric" and column.family == "integer":
        return "it holds whole numbers; write `type: cents` for cents, or `type: integer` to reject what is not whole."
    if not goes(kind, column.family):
        return f"a {kind} value does not go there."
    return None


def _unfilled(options: Options, shape: Shape) -> Iterator[str]:
    filled = {*options.columns, *options.filled_by_trigger}
    for name, column in shape.columns.items():
        if not column.nullable and not column.filled and name not in filled:
            yield (
                f"The column {name} takes no null and has no default: write in `columns` what it gets "
                "(or name it in `filled_by_trigger`)."
            )


def _unique(options: Options, shape: Shape, dialect: Dialect) -> Iterator[str]:
    wanted, names = frozenset(options.unique), ", ".join(options.unique)
    remedy = f"Run: {create_unique_index(options, dialect)}"
    if wanted in shape.late:
        yield (
            f"What keeps ({names}) unique in the table {options.shown_table} is DEFERRABLE or not valid, so that a "
            f"payment that is there already cannot be told at once. Drop it first. {remedy}"
        )
    elif wanted not in shape.uniques and all(name in shape.columns for name in options.unique):
        yield (
            f"Nothing in the table {options.shown_table} keeps ({names}) unique, so that a payment could be written "
            f"twice. {remedy}"
        )


def create_unique_index(options: Options, dialect: Dialect) -> str:
    """Return the statement that makes `unique` so, as this database spells it."""
    columns = ", ".join(_quoted(name, dialect) for name in options.unique)
    longest = min(60, dialect.max_identifier_length)
    index = _quoted(f"{options.table}_{'_'.join(options.unique)}_once"[:longest], dialect)
    table = _quoted(options.table, dialect)
    if options.schema is None:
        return f"CREATE UNIQUE INDEX {index} ON {table} ({columns});"
    schema = _quoted(options.schema, dialect)
    if dialect.name == "sqlite":
        # There the index is named with the schema, not the table.
        return f"CREATE UNIQUE INDEX {schema}.{index} ON {table} ({columns});"
    return f"CREATE UNIQUE INDEX {index} ON {schema}.{table} ({columns});"


def _quoted(name: str, dialect: Dialect) -> str:
    quoted = dialect.identifier_preparer.quote(name)
    # Written for a driver that takes parameters as %s; a person's client does not.
    return quoted.replace("%%", "%") if dialect.paramstyle in ("format", "pyformat") else quoted


def _lasting(options: Options, shape: Shape) -> Iterator[str]:
    if options.also and not shape.transactional:
        yield (
            f"The table {options.shown_table} has an engine without transactions, so that a row and its `also` "
            f"statements could come apart. Run: ALTER TABLE {options.shown_table} ENGINE=InnoDB;"
        )
