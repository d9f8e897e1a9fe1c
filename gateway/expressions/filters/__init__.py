"""Filters of templates: every one is pure, bounded and takes null for null."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from gateway.expressions.filters.encodings import b64, b64url, csv_field, sha256, urlencode, uuid5, uuid5hex, xml
from gateway.expressions.filters.numbers import absolute, as_int, cents, decimals, number
from gateway.expressions.filters.texts import (
    cut,
    default,
    first,
    join,
    last,
    length,
    lower,
    msisdn,
    replace,
    split,
    title,
    trim,
    upper,
)
from gateway.expressions.filters.times import as_date, clock_time, local
from gateway.expressions.filters.values import BadValue, shown, text_of
from gateway.expressions.json_text import json_text

__all__ = ["FILTERS", "BadValue", "shown", "xml"]


def _null_for_null(do: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(do)
    def filtered(value: Any, *given: Any, **named: Any) -> Any:
        return None if value is None else do(value, *given, **named)

    return filtered


_OF_VALUES: Mapping[str, Callable[..., Any]] = {
    "abs": absolute,
    "b64": b64,
    "b64url": b64url,
    "cents": cents,
    "csv": csv_field,
    "cut": cut,
    "date": as_date,
    "decimals": decimals,
    "first": first,
    "int": as_int,
    "join": join,
    "last": last,
    "length": length,
    "local": local,
    "lower": lower,
    "msisdn": msisdn,
    "number": number,
    "replace": replace,
    "sha256": sha256,
    "split": split,
    "string": text_of,
    "time": clock_time,
    "title": title,
    "trim": trim,
    "upper": upper,
    "urlencode": urlencode,
    "uuid5": uuid5,
    "uuid5hex": uuid5hex,
    "xml": xml,
}

FILTERS: Mapping[str, Callable[..., Any]] = {
    "default": default,
    "d": default,
    "tojson": json_text,
    **{name: _null_for_null(do) for name, do in _OF_VALUES.items()},
}
"""All filters by name. None of Jinja's own: some turn money into floats, some make texts of any length."""
