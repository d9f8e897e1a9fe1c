"""A person whose data is to be erased: by which forms of a phone they are known, and what tells of them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gateway.domain.errors import PesagateError

_SPACING = re.compile(r"[\s()+-]")
_HASH = re.compile(r"[0-9a-f]{62,64}")
_MASKED = re.compile(r"\d*\*+\d*")
# Kenyan numbers are told with nine digits behind the country's 254 or a nought.
_NATIONAL = 9

Told = Mapping[str, Any]
"""A payer or payee as the stored event has it."""


class NotAPhone(PesagateError):
    """This is no phone number: it is read plain (254712345678 or 0712345678), masked (2547*****678) or as a hash."""

    def __init__(self) -> None:
        super().__init__(str(self.__doc__))


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever any of these stands for."""

    # With the country's code, such as 254712345678.
    numbers: frozenset[str] = frozenset()
    # Lower-case hexadecimal.
    hashes: frozenset[str] = frozenset()
    # A masked number is that of many; with the name it is told with ("" where it was told without) it is one person's.
    masked: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: "Person") -> "Person":
        return Person(self.numbers | other.numbers, self.hashes | other.hashes, self.masked | other.masked)

    def __bool__(self) -> bool:
        return bool(self.numbers or self.hashes or self.masked)

    def is_party(self, told: Told) -> bool:
        """Tell whether a payer or payee is this person."""
        hashed, masked = told.get("msisdn_hash"), told.get("msisdn_masked")
        return (
            (told.get("msisdn") or "") in self.numbers
            or (hashed is not None and hashed.lower() in self.hashes)
            or (masked is not None and (unspaced(masked), told.get("name") or "") in self.masked)
        )

    def has_pushed(self, checkout_request_id: str | None) -> bool:
        """Tell whether a push went to a phone of this person: M-Pesa ends the push's id with the number."""
        return checkout_request_id is not None and any(
            checkout_request_id.startswith("ws_CO_") and checkout_request_id.endswith(number[-_NATIONAL:])
            for number in self.numbers
        )

    def may_be(self, told: Told, names: Collection[str]) -> bool:
        """Tell whether a masked number, with one of these names, fits a number of this person."""
        masked = told.get("msisdn_masked")
        if masked is None or told.get("name") not in names or self.is_party(told):
            return False
        first, last = re.split(r"\*+", unspaced(masked), maxsplit=1)
        return any(number.startswith(first) and number.endswith(last) for number in self.numbers)

    def is_told_in(self, text: str) -> bool:
        """Tell whether a text, such as a whole callback, tells of this person."""
        lower = text.lower()
        return (
            any(_spelt(number).search(text) for number in self.numbers)
            or any(hashed in lower for hashed in self.hashes)
            or any(masked in unspaced(text) and name and name in text for masked, name in self.masked)
        )


def unspaced(text: str) -> str:
    """Return a phone, or a text with one, without what it is spaced out with."""
    return _SPACING.sub("", text)


def person_of(phone: str) -> Person | str:
    """Return whom a plain or hashed number stands for; of a masked number itself, as it may be of many.

    The hash of a plain number counts too, as M-Pesa makes it: SHA-256 of the number. Raises NotAPhone.
    """
    written = unspaced(phone.strip())
    if _HASH.fullmatch(written.lower()):
        return Person(hashes=frozenset({written.lower()}))
    if "*" in written:
        if not _MASKED.fullmatch(written):
            raise NotAPhone
        return written
    if not (written.isascii() and written.isdigit() and _NATIONAL <= len(written) <= 15):
        raise NotAPhone
    if len(written.removeprefix("0")) == _NATIONAL:
        written = f"254{written.removeprefix('0')}"
    return _of_number(written)


def is_phone(text: str) -> bool:
    """Tell whether a text is a plain or masked phone number, such as one that was typed in the place of a receipt."""
    digits = unspaced(text)
    return bool(re.fullmatch(r"(254|0)?[17]\d{8}", digits)) or ("*" in digits and bool(_MASKED.fullmatch(digits)))


def person_told(told: Told) -> Person:
    """Return who a payer or payee is; nobody where they were told without a phone."""
    person = Person()
    if told.get("msisdn"):
        person |= _of_number(told["msisdn"])
    if told.get("msisdn_hash"):
        person |= Person(hashes=frozenset({told["msisdn_hash"].lower()}))
    if told.get("msisdn_masked"):
        person |= Person(masked=frozenset({(unspaced(told["msisdn_masked"]), told.get("name") or "")}))
    return person


def _of_number(number: str) -> Person:
    return Person(frozenset({number}), frozenset({sha256(number.encode()).hexdigest()}))


def _spelt(number: str) -> re.Pattern[str]:
    """Return what finds a number however it is written, and the push's id that ends with it."""
    national = re.escape(number[-_NATIONAL:])
    return re.compile(rf"(?<!\d)(?:254|0)?{national}(?!\d)|ws_CO_\d*{national}(?!\d)|(?<!\d){re.escape(number)}(?!\d)")
