"""Filters for texts and lists."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Undefined

from gateway.expressions.filters.values import BadValue, text_of


def msisdn(value: Any, form: str = "plain") -> str:
    """Return a Kenyan phone number in another form: plain 2547..., plus +2547..., local 07..., masked 2547***678.

    Anything but twelve digits that begin with 254 (masked, hashed, foreign) comes back as it is: nothing is derived.
    """
    text = text_of(value)
    if form not in _MSISDN_FORMS:
        raise BadValue("`msisdn` knows the forms " + ", ".join(_MSISDN_FORMS))
    return _MSISDN_FORMS[form](text) if _KENYAN.fullmatch(text) else text


def split(value: Any, separator: str = " ") -> list[str]:
    """Return the parts of a text between separators."""
    if not separator:
        raise BadValue("`split` needs a separator")
    return text_of(value).split(separator)


def join(value: Any, separator: str = "") -> str:
    """Return the texts of a list, joined."""
    if not isinstance(value, list | tuple):
        raise BadValue("`join` takes a list")
    return separator.join(text_of(part) for part in value)


def replace(value: Any, old: str, new: str) -> str:
    """Return a text with every `old` replaced."""
    if not old:
        raise BadValue("`replace` needs a text to look for")
    return text_of(value).replace(old, new)


def lower(value: Any) -> str:
    """Return a text in small letters."""
    return text_of(value).lower()


def upper(value: Any) -> str:
    """Return a text in capitals."""
    return text_of(value).upper()


def title(value: Any) -> str:
    """Return a text with a capital at the beginning of each word."""
    return text_of(value).title()


def trim(value: Any) -> str:
    """Return a text without blanks at its ends."""
    return text_of(value).strip()


def cut(value: Any, length: int) -> str:
    """Return at most so many characters of a text, from its beginning."""
    return text_of(value)[: max(0, length)]


def first(value: Any) -> Any:
    """Return the first of a list or text, null of an empty one."""
    return value[0] if value else None


def last(value: Any) -> Any:
    """Return the last of a list or text, null of an empty one."""
    return value[-1] if value else None


def length(value: Any) -> int:
    """Return how many characters, entries or keys there are."""
    return len(value)


def default(value: Any, instead: Any = "") -> Any:
    """Return the value, or what stands in its stead where it is missing or null."""
    return instead if value is None or isinstance(value, Undefined) else value


_KENYAN = re.compile(r"254\d{9}", re.ASCII)

_MSISDN_FORMS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "plus": lambda text: f"+{text}",
    "local": lambda text: f"0{text[3:]}",
    "masked": lambda text: f"{text[:4]}***{text[-3:]}",
}
