"""Filters for numbers: exact, never by way of a float, and never rounding in silence."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.expressions.filters.values import BadValue


def number(value: Any) -> Decimal:
    """Return a number exactly as it is written: "1500.00" is Decimal("1500.00"), and 1500.00 as a JSON number."""
    if isinstance(value, bool):
        raise BadValue("`number` takes no true or false")
    if isinstance(value, datetime | date):
        raise BadValue("`number` takes no date")
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise BadValue("`number` cannot read a number in the value") from None
    if not found.is_finite():
        raise BadValue("`number` cannot read a number in the value")
    return found


def cents(value: Any) -> int:
    """Return an amount as whole cents. What has more than two decimals is refused, not rounded."""
    found = number(value).scaleb(2)
    if found != found.to_integral_value():
        raise BadValue("`cents` takes at most two decimals")
    return int(found)


def decimals(value: Any, places: int = 2) -> str:
    """Return a number as text with so many decimals. What has more is refused, not rounded."""
    if not 0 <= places <= _MOST_PLACES:
        raise BadValue(f"`decimals` takes 0 to {_MOST_PLACES} places")
    found = number(value)
    rounded = round(found, places)
    if rounded != found:
        raise BadValue(f"`decimals({places})` would have to round the value")
    return format(rounded, "f")


def as_int(value: Any) -> int:
    """Return a whole number. What has decimals other than zero is refused, not cut."""
    found = number(value)
    if found != found.to_integral_value() or abs(found) >= _BIGGEST:
        raise BadValue("`int` takes whole numbers only")
    return int(found)


def absolute(value: Any) -> Decimal:
    """Return a number without its sign."""
    return abs(number(value))


_MOST_PLACES = 8
_BIGGEST = Decimal(10) ** 18
