"""The kinds of values that can be written: how each is read out of what a template gives. Exact, or not at all."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from adapters.database.options import Source

T = TypeVar("T")


class Unfit(ValueError):
    """A value cannot be written; the text says why, and never the value, which may be the payer's."""


_NUMBER = re.compile(r"-?\d{1,60}(\.\d{1,60})?")
_TRUTHS: Mapping[str, bool] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read(kind: str, value: Any, source: Source) -> Any:
    """Return the value as one of that kind; null stays null. Raises Unfit."""
    return None if value is None else _READERS[kind](value, source)


def _numeric(value: Any, _source: Source) -> Decimal:
    if isinstance(value, Decimal):
        found = value
    elif isinstance(value, int) and not isinstance(value, bool):
        found = Decimal(value)
    elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        found = Decimal(value.strip())
    else:
        raise Unfit("is no number")
    if not found.is_finite():
        raise Unfit("is no number")
    return found


def _integer(value: Any, source: Source) -> int:
    if isinstance(value, bool):
        return int(value)
    found = _numeric(value, source)
    if found != found.to_integral_value():
        raise Unfit("is no whole number; for an amount in whole cents write `type: cents`")
    return int(found)


def _cents(value: Any, source: Source) -> int:
    found = _numeric(value, source).scaleb(2)
    if found != found.to_integral_value():
        raise Unfit("has more than two decimals, and cents are not rounded")
    return int(found)


def _text(value: Any, _source: Source) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    raise Unfit("is no text; a list or a mapping is written with `type: json`")


def _boolean(value: Any, source: Source) -> bool:
    found = _TRUTHS.get(_text(value, source).strip().lower())
    if found is None:
        raise Unfit("is neither true nor false")
    return found


def _date(value: Any, source: Source) -> date:
    if isinstance(value, str) and len(value.strip()) == len("2026-03-02"):
        return _parsed(date.fromisoformat, value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _datetime(value, source).date()


def _datetime(value: Any, source: Source) -> datetime:
    found = _parsed(datetime.fromisoformat, value) if isinstance(value, str) else value
    if not isinstance(found, datetime):
        raise Unfit("is no time (one such as 2026-03-02T09:30:05+03:00)")
    if found.tzinfo is None:
        raise Unfit("is a time that does not say its zone (as 2026-03-02T09:30:05+03:00 does)")
    return found.astimezone(ZoneInfo(source.zone))


def _parsed(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text.strip())
    except ValueError:
        raise Unfit("is no date or time (one such as 2026-03-02T09:30:05+03:00)") from None


def _json(value: Any, _source: Source) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _json(inner, _source) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json(inner, _source) for inner in value]
    # JSON's numbers become floats in most hands: an exact number is written as text.
    return value if value is None or isinstance(value, bool | int | str) else _text(value, _source)


_READERS: Mapping[str, Callable[[Any, Source], Any]] = {
    "numeric": _numeric,
    "integer": _integer,
    "cents": _cents,
    "text": _text,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "json": _json,
}

KINDS = tuple(_READERS)

NATURAL: Mapping[str, str] = {
    "amount": "numeric",
    "fees": "numeric",
    "expected_amount": "numeric",
    "occurred_at": "datetime",
    "received_at": "datetime",
}
"""Facts of an event that are more than text -> what they are."""

_PLAIN = re.compile(r"\s*\{\{-?\s*(\w+)\s*(?:\|\s*number\s*)?-?\}\}\s*")


def natural_kind(source: Source) -> str | None:
    """Return the kind of a template that is one fact of the event and nothing else, None where that says nothing."""
    found = _PLAIN.fullmatch(source.template.text) if source.template else None
    return NATURAL.get(found[1]) if found else None
