"""Single values as M-Pesa writes them. Sources are Safaricom's Daraja pages and recorded bodies."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.domain.event import Party
from gateway.domain.times import NAIROBI
from gateway.providers.kind import NewShape

_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,2}0*)?", re.ASCII)
# Digits of yyyyMMddHHmmss, the usual form of a time.
_STAMP = 14
# Other forms, as groups year, month, day and so on. (strptime would cost as much as all else of normalising.)
_CLOCK = r"(?P<H>[0-9]{2}):(?P<M>[0-9]{2}):(?P<S>[0-9]{2})"
# B2C results.
_DAY_FIRST = re.compile(r"(?P<d>[0-9]{2})\.(?P<m>[0-9]{2})\.(?P<Y>[0-9]{4}) " + _CLOCK, re.ASCII)
# Tutorials only.
_DASHED = re.compile(r"(?P<Y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2}) " + _CLOCK, re.ASCII)
_MOMENTS = (_DAY_FIRST, _DASHED)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_HASH = re.compile(r"[0-9a-fA-F]{40,}", re.ASCII)
_MAX_CODE_DIGITS = 18

SUCCESS = b'{"ResultCode":0,"ResultDesc":"Success"}'
"""What M-Pesa takes for "received" on everything but C2B validation and Bill Manager."""


def text(body: Mapping[str, Any], name: str) -> str | None:
    """Return a value as text, None where it is absent, null or empty. Numbers become their digits, codes stay text."""
    written = body.get(name)
    if type(written) is not str:
        if written is None or isinstance(written, bool | dict | list):
            return None
        # Never format(value, "f"): of 1e999999999 it would write out every zero.
        written = str(written)
    if "\x00" in written:
        raise NewShape(name, "a NUL character, which no system downstream can store")
    return written or None


def identifier(body: Mapping[str, Any], name: str) -> str | None:
    """Return an id as text, None where it is absent, null or nothing but blanks: those would be one id for many."""
    written = text(body, name)
    return written if written and not written.isspace() else None


def required_text(body: Mapping[str, Any], name: str) -> str:
    """Return a value that makes an identity, as text. Raises NewShape where there is none."""
    written = identifier(body, name)
    if written is None:
        raise NewShape(name, "is empty, and nothing else could tell this callback from others")
    return written


def code(body: Mapping[str, Any], name: str) -> str | None:
    """Return a result code as text: 0, "0" and 0.0 are the same code; SFC_IC0003 is one too."""
    value = body.get(name)
    if type(value) is int:
        return str(value)
    if isinstance(value, Decimal) and value.adjusted() < _MAX_CODE_DIGITS and value == int(value):
        return str(int(value))
    written = text(body, name)
    return (written.strip() or None) if written else None


def amount(body: Mapping[str, Any], name: str) -> Decimal | None:
    """Return an amount of money. It comes as number or text: 10, 10.00, "5.00".

    Raises NewShape for more than two decimals, an exponent, a sign, separators or digits that are not ASCII: an
    amount that needs a guess is not booked.
    """
    value = body.get(name)
    if value is None:
        return None
    written = value if isinstance(value, str) else str(value)
    if not _AMOUNT.fullmatch(written):
        raise NewShape(name, f"{form_of(written)} is not an amount with at most two decimals")
    try:
        return Decimal(written)
    except InvalidOperation:  # pragma: no cover - the pattern lets nothing through that Decimal refuses
        raise NewShape(name, f"{form_of(written)} is not an amount") from None


def moment(body: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time in East Africa Time: yyyyMMddHHmmss as number or text, or `19.12.2019 11:45:50`, day first.

    The tutorials' form "2023-04-26 12:30:00" counts too. Raises NewShape for anything else that is not empty.
    """
    written = text(body, name)
    if written is None:
        return None
    if len(written) == _STAMP and written.isascii() and written.isdigit():
        return _instant(name, f"{written[:8]}T{written[8:]}")
    for form in _MOMENTS:
        found = form.fullmatch(written)
        if found:
            year, month, day, *clock = found.group("Y", "m", "d", "H", "M", "S")
            return _instant(name, f"{year}-{month}-{day}T{':'.join(clock)}")
    raise NewShape(name, f"{form_of(written)} is not a time of the form yyyyMMddHHmmss")


def day_or_moment(body: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time as `moment` does, or the beginning of a day that is written 2021-09-15."""
    written = text(body, name)
    if written is not None and _DAY.fullmatch(written):
        return _instant(name, f"{written}T00:00:00")
    return moment(body, name)


def party(msisdn: str | None, *names: str | None) -> Party:
    """Return a payer from the phone as it came and the parts of a name.

    The phone comes plain, masked with asterisks (and blanks), or as a hash; which one is told apart here and nothing
    is ever stripped: the digits of a masked number look like a number and are none.
    """
    name = " ".join([part.strip() for part in names if part and part.strip()]) or None if names else None
    if msisdn is None:
        return Party(name=name)
    if "*" in msisdn:
        return Party(msisdn_masked=msisdn, name=name)
    if _HASH.fullmatch(msisdn):
        return Party(msisdn_hash=msisdn, name=name)
    return Party(msisdn=msisdn, name=name)


def _instant(name: str, iso: str) -> datetime:
    try:
        return datetime.fromisoformat(iso).replace(tzinfo=NAIROBI)
    except ValueError:
        raise NewShape(name, "is written like a time, but there is no such day, or no such hour") from None


def form_of(written: str) -> str:
    """Return how a text is written, without what it says: every digit as 9, every letter as a.

    It is shown in lists and errors, and what stands in a wrong place may be a phone number or a name.
    """
    return repr("".join("9" if sign in "0123456789" else "a" if sign.isalpha() else sign for sign in written[:40]))
