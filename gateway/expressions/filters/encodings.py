"""Filters that write a text for a place of its own: a URL, XML, CSV, a digest."""

import csv
import hashlib
import io
import re
import uuid
from base64 import b64encode, urlsafe_b64encode
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from gateway.expressions.filters.values import BadValue, text_of


def sha256(value: Any) -> str:
    """Return the SHA-256 of a text, 64 hexadecimal digits."""
    return hashlib.sha256(text_of(value).encode()).hexdigest()


def uuid5(value: Any, namespace: str = "6ba7b812-9dad-11d1-80b4-00c04fd430c8") -> str:
    """Return the UUID that belongs to a text: the same for the same text, for ever. The namespace is a UUID."""
    try:
        space = uuid.UUID(namespace)
    except ValueError:
        raise BadValue("`uuid5` takes a UUID as its namespace") from None
    return str(uuid.uuid5(space, text_of(value)))


def uuid5hex(value: Any) -> str:
    """Return `uuid5` without hyphens, as Sage wants it."""
    return uuid5(value).replace("-", "")


def b64(value: Any) -> str:
    """Return the UTF-8 bytes of a text in base64."""
    return b64encode(text_of(value).encode()).decode()


def b64url(value: Any) -> str:
    """Return the UTF-8 bytes of a text in URL-safe base64, padding kept."""
    return urlsafe_b64encode(text_of(value).encode()).decode()


def xml(value: Any) -> str:
    """Return a text for an XML element or attribute: escaped, without the characters that XML cannot carry."""
    return _NOT_IN_XML.sub("", text_of(value)).translate(_XML_ESCAPES)


def csv_field(value: Any) -> str:
    """Return a quoted CSV field. A text that a spreadsheet would run as a formula gets a leading apostrophe."""
    text = text_of(value)
    if not isinstance(value, int | Decimal) and text[:1] in _FORMULA and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    field = io.StringIO()
    csv.writer(field, quoting=csv.QUOTE_ALL, lineterminator="").writerow([text])
    return field.getvalue()


def urlencode(value: Any) -> str:
    """Return a text for one place in a URL: everything but letters, digits and -._~ escaped."""
    return quote(text_of(value), safe="")


# XML 1.0 allows tab, line feed, carriage return and everything from space on but surrogates and two non-characters.
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
