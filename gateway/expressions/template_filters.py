"""Filters of templates: every one is pure, bounded and takes null for null."""

import csv
import hashlib
import io
import re
import uuid
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Undefined

from gateway.domain.times import NAIROBI
from gateway.expressions.json_text import json_text


class BadValue(ValueError):
    """A filter cannot take the value; the text names the filter and never the value, which may be the payer's."""


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


def local(value: Any, zone: str = "Africa/Nairobi") -> datetime:
    """Return an instant in a time zone, Nairobi's unless told."""
    moment = _moment(value, "local")
    if isinstance(moment, datetime):
        return moment.astimezone(_zone(zone))
    raise BadValue("`local` takes a time, not a date")


def as_date(value: Any, form: str = "%Y-%m-%d") -> str:
    """Return the day of a time, as the clock shows it there; what comes without a zone of its own is cut in Nairobi."""
    return _formatted(_moment(value, "date"), form, "date")


def clock_time(value: Any, form: str = "%H:%M:%S") -> str:
    """Return the time of day."""
    return _formatted(_moment(value, "time"), form, "time")


def sha256(value: Any) -> str:
    """Return the SHA-256 of a text, 64 hexadecimal digits."""
    return hashlib.sha256(_text(value).encode()).hexdigest()


def uuid5(value: Any, namespace: str = "6ba7b812-9dad-11d1-80b4-00c04fd430c8") -> str:
    """Return the UUID that belongs to a text: the same for the same text, for ever. The namespace is a UUID."""
    try:
        space = uuid.UUID(namespace)
    except ValueError:
        raise BadValue("`uuid5` takes a UUID as its namespace") from None
    return str(uuid.uuid5(space, _text(value)))


def uuid5hex(value: Any) -> str:
    """Return `uuid5` without hyphens, as Sage wants it."""
    return uuid5(value).replace("-", "")


def b64(value: Any) -> str:
    """Return the UTF-8 bytes of a text in base64."""
    return b64encode(_text(value).encode()).decode()


def b64url(value: Any) -> str:
    """Return the UTF-8 bytes of a text in URL-safe base64, padding kept."""
    return urlsafe_b64encode(_text(value).encode()).decode()


def xml(value: Any) -> str:
    """Return a text for an XML element or attribute: escaped, without the characters that XML cannot carry."""
    return _NOT_IN_XML.sub("", _text(value)).translate(_XML_ESCAPES)


def csv_field(value: Any) -> str:
    """Return a quoted CSV field. A text that a spreadsheet would run as a formula gets a leading apostrophe."""
    text = _text(value)
    if not isinstance(value, int | Decimal) and text[:1] in _FORMULA and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    field = io.StringIO()
    csv.writer(field, quoting=csv.QUOTE_ALL, lineterminator="").writerow([text])
    return field.getvalue()


def urlencode(value: Any) -> str:
    """Return a text for one place in a URL: everything but letters, digits and -._~ escaped."""
    return quote(_text(value), safe="")


def msisdn(value: Any, form: str = "plain") -> str:
    """Return a Kenyan phone number in another form: plain 2547..., plus +2547..., local 07..., masked 2547***678.

    Anything but twelve digits that begin with 254 (masked, hashed, foreign) comes back as it is: nothing is derived.
    """
    text = _text(value)
    if form not in _MSISDN_FORMS:
        raise BadValue("`msisdn` knows the forms " + ", ".join(_MSISDN_FORMS))
    return _MSISDN_FORMS[form](text) if _KENYAN.fullmatch(text) else text


def split(value: Any, separator: str = " ") -> list[str]:
    """Return the parts of a text between separators."""
    if not separator:
        raise BadValue("`split` needs a separator")
    return _text(value).split(separator)


def join(value: Any, separator: str = "") -> str:
    """Return the texts of a list, joined."""
    if not isinstance(value, list | tuple):
        raise BadValue("`join` takes a list")
    return separator.join(_text(part) for part in value)


def replace(value: Any, old: str, new: str) -> str:
    """Return a text with every `old` replaced."""
    if not old:
        raise BadValue("`replace` needs a text to look for")
    return _text(value).replace(old, new)


def lower(value: Any) -> str:
    """Return a text in small letters."""
    return _text(value).lower()


def upper(value: Any) -> str:
    """Return a text in capitals."""
    return _text(value).upper()


def title(value: Any) -> str:
    """Return a text with a capital at the beginning of each word."""
    return _text(value).title()


def trim(value: Any) -> str:
    """Return a text without blanks at its ends."""
    return _text(value).strip()


def cut(value: Any, length: int) -> str:
    """Return at most so many characters of a text, from its beginning."""
    return _text(value)[: max(0, length)]


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


def _null_for_null(do: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(do)
    def filtered(value: Any, *given: Any, **named: Any) -> Any:
        return None if value is None else do(value, *given, **named)

    return filtered


def _text(value: Any) -> str:
    return str(shown(value))


def _moment(value: Any, name: str) -> datetime | date:
    if isinstance(value, datetime | date):
        return value
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found if found.tzinfo is None else found.astimezone(NAIROBI)
    except ValueError:
        pass
    raise BadValue(f"`{name}` cannot read a time in the value")


def _formatted(moment: datetime | date, form: str, name: str) -> str:
    # A width, as in %9999d, would make a text of any length.
    if not _DATE_FORM.fullmatch(form):
        raise BadValue(f"`{name}` takes a format of % and one letter each, as in '%d/%m/%Y'")
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return moment.strftime(form)


def _zone(name: str) -> tzinfo:
    if name == "Africa/Nairobi":
        return NAIROBI
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadValue("`local` knows no time zone of that name") from None


_MOST_PLACES = 8
_BIGGEST = Decimal(10) ** 18
# XML 1.0 allows tab, line feed, carriage return and everything from space on but surrogates and two non-characters.
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_DATE_FORM = re.compile(r"(?:[^%]|%[A-Za-z%])*")
_KENYAN = re.compile(r"254\d{9}", re.ASCII)

_MSISDN_FORMS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "plus": lambda text: f"+{text}",
    "local": lambda text: f"0{text[3:]}",
    "masked": lambda text: f"{text[:4]}***{text[-3:]}",
}

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
    "string": _text,
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
