"""What is written for an event: the values of its row and of the further statements, ready for the driver."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, types

from adapters.database.fit import bound
from adapters.database.kinds import Unfit
from adapters.database.options import Options, Source
from adapters.database.shape import Column, Shape
from gateway.domain.event import Event
from gateway.expressions.templates import CannotRender


@dataclass(frozen=True, slots=True)
class Row:
    """One event's row."""

    event: Event
    values: Mapping[str, Any]
    # The values of each further statement.
    also: tuple[Mapping[str, Any], ...]
    unique: tuple[str, ...]

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from all other rows."""
        return tuple(self.values[name] for name in self.unique)


class CannotWrite(Exception):
    """No row can be made of the event; the text says why, without the payer's phone or name."""


def row_of(event: Event, options: Options, shape: Shape, dialect: Dialect) -> Row:
    """Return the row of an event. Raises CannotWrite."""
    facts = event.as_dict(options.asked & {"balances", "raw"})
    values = {name: _value(name, source, shape.columns[name], facts) for name, source in options.columns.items()}
    for name in options.unique:
        _require(name, values[name])
    also = tuple(
        {name: _value(name, source, loose(name, source, dialect), facts) for name, source in each.values.items()}
        for each in options.also
    )
    return Row(event, values, also, options.unique)


def loose(name: str, source: Source, dialect: Dialect) -> Column:
    """Return a column for a value whose real one is not known: its kind as this database has it."""
    kind = source.kind or "text"
    family = {"cents": "integer"}.get(kind, kind)
    # Only what PostgreSQL gets may carry its zone; SQLite has neither times nor exact numbers.
    is_text = dialect.name == "sqlite" and family in ("numeric", "date", "datetime")
    return Column(name, family, types.NullType(), kind, aware=dialect.name == "postgresql", as_text=is_text)


def _value(name: str, source: Source, column: Column, facts: Mapping[str, Any]) -> Any:
    try:
        return bound(source.value(facts), source, column)
    except Unfit as error:
        raise CannotWrite(f"The value of {name} {error}.") from None
    except CannotRender as error:
        raise CannotWrite(f"{name}: {error}.") from None


def _require(name: str, value: Any) -> None:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise CannotWrite(
            f"{name} is `unique` and empty for this event, so that nothing would tell its row from others. "
            "Route only events that have it here, or use {{ id }}."
        )
