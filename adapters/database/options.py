"""The settings of one `database` destination as the adapter uses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.domain.settings import Secret
from gateway.expressions.templates import Template, compile_template

DEFAULT_TIMEOUT = timedelta(seconds=10)
DEFAULT_ZONE = "Africa/Nairobi"


@dataclass(frozen=True, slots=True)
class Source:
    """What a value is made of, and as what it is to be written."""

    # None: the value is `fixed`.
    template: Template | None
    fixed: int | bool | None = None
    # numeric, integer, text, boolean, date, datetime, json or cents; None: as the column's own type has it.
    kind: str | None = None
    # Where a day or a clock time without a zone of its own is read off.
    zone: str = DEFAULT_ZONE
    # True: a text that is too long is cut; otherwise its row is rejected.
    cut: bool = False

    @classmethod
    def of(cls, given: Any) -> "Source":
        """Read a template, a fixed number or truth value, or a mapping with `value` and more."""
        if isinstance(given, Mapping):
            plain = cls.of(given["value"])
            zone, cut = given.get("zone", DEFAULT_ZONE), given.get("cut", False)
            return cls(plain.template, plain.fixed, given.get("type"), zone, cut)
        if isinstance(given, str):
            return cls(compile_template(given))
        return cls(None, given)

    def value(self, facts: Mapping[str, Any]) -> Any:
        """Return the value for an event's facts. Raises CannotRender."""
        return self.fixed if self.template is None else self.template.value(facts)

    @property
    def names(self) -> frozenset[str]:
        """The facts that it takes from an event."""
        return frozenset() if self.template is None else self.template.names


@dataclass(frozen=True, slots=True)
class Also:
    """A further statement in the transaction of each new row; its values are bound, never put into the text."""

    sql: str
    values: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Options:
    """What `schemas/adapters/database.json` accepted, with its defaults filled in."""

    url: Secret
    table: str
    schema: str | None
    columns: Mapping[str, Source]
    unique: tuple[str, ...]
    # Columns that are written again where the row is there already; none: it stays as it is.
    update: tuple[str, ...]
    also: tuple[Also, ...]
    # Columns that a trigger of the database fills.
    filled_by_trigger: frozenset[str]
    create_table: bool
    timeout: timedelta

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Options":
        """Read accepted and resolved settings."""
        schema, table = _named(settings["table"], settings.get("schema"))
        on_duplicate = settings.get("on_duplicate", "ignore")
        return cls(
            url=settings["url"],
            table=table,
            schema=schema,
            columns={name: Source.of(given) for name, given in settings["columns"].items()},
            unique=tuple(settings["unique"]),
            update=tuple(on_duplicate["update"]) if isinstance(on_duplicate, Mapping) else (),
            also=tuple(_also(given) for given in settings.get("also") or ()),
            filled_by_trigger=frozenset(settings.get("filled_by_trigger") or ()),
            create_table=settings.get("create_table", False),
            timeout=settings.get("timeout", DEFAULT_TIMEOUT),
        )

    @property
    def shown_table(self) -> str:
        """The table as people name it."""
        return self.table if self.schema is None else f"{self.schema}.{self.table}"

    @property
    def sources(self) -> tuple[Source, ...]:
        """Everything that is worked out for an event."""
        return (*self.columns.values(), *(source for also in self.also for source in also.values.values()))

    @property
    def asked(self) -> frozenset[str]:
        """The facts of an event that templates take."""
        return frozenset().union(*(source.names for source in self.sources))


def _named(table: str, schema: str | None) -> tuple[str | None, str]:
    # Beside `schema:` the name is taken as it stands, dots and all.
    if schema is not None or "." not in table:
        return schema, table
    qualifier, _, name = table.rpartition(".")
    return qualifier, name


def _also(given: Mapping[str, Any]) -> Also:
    return Also(given["sql"], {name: Source.of(each) for name, each in (given.get("with") or {}).items()})
