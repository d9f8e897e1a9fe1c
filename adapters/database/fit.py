"""Which kinds of values go into which columns, and in what form. One table; what is not in it does not go."""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from adapters.database.kinds import Unfit, read
from adapters.database.options import Source
from adapters.database.shape import Column

DEFAULT_KINDS: Mapping[str, str] = {
    "text": "text",
    "uuid": "text",
    "other": "text",
    "numeric": "numeric",
    "integer": "integer",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    "json": "json",
}
"""Family of a column -> the kind of value that it gets where the settings say none."""


def bound(value: Any, source: Source, column: Column) -> Any:
    """Return a template's value as it is given to the driver for a column. Raises Unfit."""
    kind = source.kind or DEFAULT_KINDS[column.family]
    made = read(kind, value, source)
    if made is None:
        return None
    fitted = _FITS[kind, column.family](made, column, source)
    return _as_text(fitted) if column.as_text else fitted


def goes(kind: str, family: str) -> bool:
    """Tell whether values of a kind can be written into columns of a family at all."""
    return (kind, family) in _FITS


def _numeric(value: Decimal, column: Column, _source: Source) -> Decimal:
    """Databases round what has too many decimals, in silence: money is not rounded."""
    if column.scale is not None and value != round(value, column.scale):
        raise Unfit(f"has more than the {column.scale} decimals of {column.shown}")
    if column.precision is not None and abs(value) >= Decimal(10) ** (column.precision - (column.scale or 0)):
        raise Unfit(f"is too large for {column.shown}")
    return value


def _decimal(value: int, column: Column, source: Source) -> Decimal:
    return _numeric(Decimal(value), column, source)


def _whole(value: Decimal, _column: Column, _source: Source) -> int:
    if value != value.to_integral_value():
        raise Unfit("has decimals, and the column holds whole numbers; for whole cents write `type: cents`")
    return int(value)


def _text(value: str, column: Column, source: Source) -> str:
    # Half of an emoji, as a careless cut leaves it in a name, has no place in UTF-8.
    text = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if column.length is None or len(text) <= column.length:
        return text
    if source.cut:
        return text[: column.length]
    raise Unfit(f"has {len(text)} characters, and {column.shown} takes {column.length} (`cut: true` cuts it)")


def _uuid(value: str, _column: Column, _source: Source) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        raise Unfit("is no UUID") from None


def _moment(value: datetime, column: Column, _source: Source) -> datetime:
    return value if column.aware else value.replace(tzinfo=None)


def _same(value: Any, _column: Column, _source: Source) -> Any:
    return value


def _then_text(form: Callable[[Any], str]) -> Callable[[Any, Column, Source], str]:
    return lambda value, column, source: _text(form(value), column, source)


def _as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def _plain(value: Decimal) -> str:
    return format(value, "f")


def _document(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_FITS: Mapping[tuple[str, str], Callable[[Any, Column, Source], Any]] = {
    ("numeric", "numeric"): _numeric,
    ("numeric", "integer"): _whole,
    ("numeric", "text"): _then_text(_plain),
    ("numeric", "other"): _then_text(_plain),
    ("integer", "integer"): _same,
    ("integer", "numeric"): _decimal,
    ("integer", "text"): _then_text(str),
    ("integer", "other"): _then_text(str),
    ("cents", "integer"): _same,
    ("cents", "numeric"): _decimal,
    ("cents", "text"): _then_text(str),
    ("text", "text"): _text,
    ("text", "uuid"): _uuid,
    ("text", "other"): _text,
    ("boolean", "boolean"): _same,
    ("boolean", "integer"): lambda value, _column, _source: int(value),
    ("boolean", "numeric"): lambda value, _column, _source: Decimal(int(value)),
    ("boolean", "text"): _then_text(lambda value: "true" if value else "false"),
    ("boolean", "other"): _then_text(lambda value: "true" if value else "false"),
    ("date", "date"): _same,
    ("date", "text"): _then_text(date.isoformat),
    ("date", "other"): _then_text(date.isoformat),
    ("datetime", "datetime"): _moment,
    ("datetime", "text"): _then_text(datetime.isoformat),
    ("datetime", "other"): _then_text(datetime.isoformat),
    ("json", "json"): lambda value, _column, _source: _document(value),
    ("json", "text"): _then_text(_document),
    ("json", "other"): _then_text(_document),
}
"""(kind, family) -> how the value is made to fit. Floats are in no row: they cannot hold an amount exactly."""
