"""Bytes to a JSON document, strictly: what two readers could understand differently is not read at all."""

import json
import re
from codecs import BOM_UTF8
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

MAX_DEPTH = 32
MAX_DIGITS = 4000


class Unreadable(Exception):
    """The bytes are not one JSON document that every reader understands alike. Its text says why."""


class ExponentNumber(Decimal):
    """A number that was written with an exponent. No provider writes money so; amounts refuse it."""


def parse(body: bytes) -> Any:
    """Return the JSON document in these bytes: numbers with a point as Decimal, a byte order mark tolerated.

    Raises Unreadable for bytes that are not UTF-8 or not JSON, NaN and Infinity, a key twice in one object, nesting
    deeper than 32, a number longer than 4,000 digits, and half surrogate pairs (they cannot be written again).
    """
    text = _decode(body)
    try:
        document = _DECODER.decode(text)
    except RecursionError:
        raise Unreadable(f"nested deeper than {MAX_DEPTH}") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    # Counting is cheap and nearly always enough: only a body with more than 32 brackets is walked through.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _deeper_than(document, MAX_DEPTH):
        raise Unreadable(f"nested deeper than {MAX_DEPTH}")
    if _HALF_SURROGATE.search(text):
        _check_surrogates(document)
    return document


def _decode(body: bytes) -> str:
    try:
        # The codec utf-8-sig is written in Python and costs three times as much.
        return body.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8: byte {error.start} cannot be read") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise Unreadable(f"the key {_LIKE_A_PHONE.sub(_nines, twice[:40])!r} stands twice in one object")
    return members


def _nines(digits: re.Match[str]) -> str:
    return "9" * len(digits[0])


def _integer(written: str) -> int:
    _check_digits(written)
    return int(written)


def _decimal(written: str) -> Decimal:
    _check_digits(written)
    try:
        return ExponentNumber(written) if "e" in written or "E" in written else Decimal(written)
    except InvalidOperation:
        raise Unreadable("a number whose exponent nobody can hold") from None


def _check_digits(written: str) -> None:
    if len(written) > MAX_DIGITS and sum(sign.isdigit() for sign in written) > MAX_DIGITS:
        raise Unreadable(f"a number of more than {MAX_DIGITS} digits")


def _constant(written: str) -> NoReturn:
    raise Unreadable(f"{written} is not a JSON value")


def _deeper_than(document: Any, depth: int) -> bool:
    level = [document]
    for _ in range(depth):
        level = [inner for outer in level for inner in _children(outer)]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _check_surrogates(document: Any) -> None:
    try:
        json.dumps(document, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise Unreadable("half of a surrogate pair, which is no character") from None


# Keys are the provider's words, and shown; what is none may be a phone number.
_LIKE_A_PHONE = re.compile("[0-9]{7,}")
_HALF_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)
