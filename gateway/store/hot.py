"""Statements of the hot path: written in Core, compiled once, then run as the driver's own text on plain tuples.

Core's work for each row (about 10 us) would cost more than the database's. Measured: docs/performance.md.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.dml import UpdateBase

Row = tuple[Any, ...]


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
            connection.exec_driver_sql(text, [dict(zip(self._names, row, strict=True)) for row in rows])
        elif order == self._names:
            connection.exec_driver_sql(text, list(rows))
        else:
            places = [self._names.index(name) for name in order]
            connection.exec_driver_sql(text, [tuple(row[place] for place in places) for row in rows])

    def _text(self, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
        """Return the text for this dialect and the order of its parameters, None where it takes them by name."""
        if dialect.name not in self._compiled:
            compiled = self._statement.compile(dialect=dialect, column_keys=list(self._names))
            order = tuple(compiled.positiontup) if compiled.positiontup is not None else None
            self._compiled[dialect.name] = (str(compiled), order)
        return self._compiled[dialect.name]
