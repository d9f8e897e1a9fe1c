"""What filters share: the error of a value that one cannot take, and how a value stands in a text."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.expressions.json_text import json_text


class BadValue(ValueError):
    """A filter cannot take the value; the text names the filter and never the value, which may be the payer's."""


def shown(value: Any) -> Any:
    """Return what stands in a text for a value: nothing for null, true and false as JSON writes them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict | list | tuple):
        return json_text(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def text_of(value: Any) -> str:
    """Return how a value stands in a text."""
    return str(shown(value))
