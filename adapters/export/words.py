"""Texts that payers and banks chose, made harmless: one line, nothing that steers, no longer than a format takes."""

import re
import unicodedata

# Control characters and line ends become a space; marks that turn the direction of reading, and what XML cannot carry,
# are left out: they would change how everything after them looks, and no importer needs them.
_LEFT_OUT = re.compile(
    "[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
_NO_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SPACES = re.compile(r"\s+")

# What a spreadsheet takes for the beginning of a formula; the wide forms are taken so by some, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?", re.ASCII)


def one_line(written: str | None) -> str | None:
    """Return a text on one line without characters that steer; None where nothing is left."""
    if written is None:
        return None
    return _SPACES.sub(" ", _NO_CHARACTER.sub(" ", _LEFT_OUT.sub("", written))).strip() or None


def guarded(written: str) -> str:
    """Return a text that no spreadsheet takes for a formula. A number stays one: only text is to be guarded."""
    if written.startswith(_FORMULA) and not _NUMBER.fullmatch(written):
        return "'" + written
    return written


def cut(written: str, longest: int) -> str:
    """Return at most so many characters; no mark is torn from the letter that it stands on."""
    if len(written) <= longest:
        return written
    end = longest
    while end and unicodedata.combining(written[end]):
        end -= 1
    return written[:end].rstrip()


def joined(*parts: str | None) -> str:
    """Return the parts that there are, a space between them."""
    return " ".join(part for part in parts if part)


def ascii_only(written: str, allowed: re.Pattern[str]) -> str:
    """Return a text in which letters lose their accents and whatever `allowed` does not match becomes a space."""
    plain = unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode()
    return _SPACES.sub(" ", "".join(char if allowed.match(char) else " " for char in plain)).strip()


def masked(msisdn: str | None) -> str | None:
    """Return a phone number of which the middle is hidden: 254708***149."""
    if msisdn is None:
        return None
    return f"{msisdn[:6]}***{msisdn[-3:]}" if len(msisdn) >= 12 else f"***{msisdn[-3:]}"
