"""What would be written for an event, for people. Nothing is asked of the database, so its types are not known here."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from adapters.database.kinds import Unfit, natural_kind, read
from adapters.database.options import Options, Source
from gateway.domain.adapter import Preview
from gateway.domain.event import Event
from gateway.expressions.templates import CannotRender


def previews(event: Event, options: Options) -> tuple[Preview, ...]:
    """Return the row, and each further statement with its values."""
    facts = event.as_dict(options.asked & {"balances", "raw"})
    title = f"INSERT INTO {options.shown_table} ({_place(options)})"
    row = Preview(title, body=_body(options.columns, facts), note=_note(options, facts))
    also = (
        Preview(each.sql, body=_body(each.values, facts), note="In the same transaction, where the row is new.")
        for each in options.also
    )
    return (row, *also)


def _note(options: Options, facts: Mapping[str, Any]) -> str:
    keys = ", ".join(options.unique)
    if not all(_shown(options.columns[name], facts) for name in options.unique if name in options.columns):
        return f"Rejected: {keys} is `unique` and empty for this event."
    there = f"gets {', '.join(options.update)} written again" if options.update else "stays as it is"
    return f"A row with the same {keys} {there}."


def _place(options: Options) -> str:
    try:
        url = make_url(options.url.reveal())
    except (ArgumentError, ValueError):
        return "no database"
    host = f" on {url.host}" if url.host else ""
    return f"{url.get_backend_name()} {url.database or ''}".strip() + host


def _body(sources: Mapping[str, Source], facts: Mapping[str, Any]) -> str:
    shown = {name: _shown(source, facts) for name, source in sources.items()}
    return json.dumps(shown, indent=2, ensure_ascii=False)


def _shown(source: Source, facts: Mapping[str, Any]) -> Any:
    """Return the value as JSON; exact numbers and times as text."""
    try:
        value = source.value(facts)
        kind = source.kind or natural_kind(source)
        made = value if kind is None else read(kind, value, source)
    except CannotRender as error:
        return f"rejected: {error}"
    except Unfit as error:
        return f"rejected: it {error}"
    return read("json", made, source)
