"""One YAML scalar -> a value. Whatever a reader of YAML might take for a number is one, so that it must be quoted."""

import re
from collections.abc import Callable
from math import inf

from gateway.settings.yaml_nodes import Scalar

Value = str | int | float | bool | None

_PREFIX = "tag:yaml.org,2002:"

# YAML 1.1 reads 10:30 as 630 and 010 as 8, YAML 1.2 reads them as text and 10; PyYAML keeps 00:15 and 0999 as text.
# Readers disagree, so all of these count as numbers here and have to be quoted.
_LIKE_A_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])*")

_CLEAR_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")

_TRUE = ("yes", "true", "on")

# Longer ones are no numbers that anybody could want, and slow to convert.
_DIGITS = 100


def tag_of(scalar: Scalar) -> str:
    """Return the short name of a scalar's type ("str", "int" ...), the whole tag where it is not one of YAML's own."""
    if scalar.plain and _LIKE_A_NUMBER.fullmatch(scalar.text):
        return "int"
    return scalar.tag.removeprefix(_PREFIX)


def is_readable(scalar: Scalar) -> bool:
    """Tell whether the scalar is of a type that a configuration can hold."""
    return tag_of(scalar) in _READERS


def value_of(scalar: Scalar) -> Value:
    """Return the value of a readable scalar. Dates stay text; numbers that cannot be converted are infinity."""
    return _READERS[tag_of(scalar)](scalar.text)


def is_clear_number(text: str) -> bool:
    """Tell whether every reader takes this text for the same decimal number."""
    return len(text) <= _DIGITS and _CLEAR_NUMBER.fullmatch(text) is not None


def _whole(text: str) -> int | float:
    digits = text.replace("_", "").lower()
    try:
        if ":" in digits:
            return _sexagesimal(digits)
        octal = re.fullmatch(r"([-+]?)0([0-7]+)", digits)
        return int(octal[1] + octal[2], 8) if octal else int(digits, _base(digits))
    except ValueError:
        return inf


def _base(digits: str) -> int:
    return 0 if digits.lstrip("-+").startswith(("0x", "0b")) else 10


def _sexagesimal(digits: str) -> int:
    total = 0
    for part in digits.lstrip("-+").split(":"):
        total = total * 60 + int(part)
    return -total if digits.startswith("-") else total


def _fraction(text: str) -> float:
    digits = text.replace("_", "").lower()
    try:
        return float(digits) if len(digits) <= _DIGITS else inf
    except ValueError:
        return inf


_READERS: dict[str, Callable[[str], Value]] = {
    "str": str,
    "timestamp": str,
    "value": str,
    "merge": str,
    "null": lambda _: None,
    "bool": lambda text: text.lower() in _TRUE,
    "int": lambda text: _whole(text) if len(text) <= _DIGITS else inf,
    "float": _fraction,
}
