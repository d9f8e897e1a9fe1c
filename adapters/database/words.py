"""What the database said, as far as it may be shown: short, one line, without the payer and without secrets."""

import re
from collections.abc import Iterator

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.domain.event import Event, Party
from gateway.domain.settings import Secret

KEEP_AT_MOST = 300

_DIGITS = re.compile(r"\d{5,}")
# Where MySQL and PostgreSQL quote the values that they refuse. The names of columns and keys stand elsewhere.
_VALUES = re.compile(r"""((?::|value|entry)\s+)(?:'.*'(?= for (?:key|column))|'[^']*'?|".*")""", re.IGNORECASE)


def shown(said: str, event: Event | None, url: Secret) -> str:
    """Return the first line of what was said, its values starred."""
    text = next((line.strip() for line in said.splitlines() if line.strip()), "")
    for secret in _secrets(url):
        text = text.replace(secret, "***")
    text = _VALUES.sub(r"\1***", text)
    for word in () if event is None else _payer(event):
        text = re.sub(re.escape(word), "***", text, flags=re.IGNORECASE)
    text = _DIGITS.sub("***", text)
    return "".join(char if char.isprintable() else " " for char in text)[:KEEP_AT_MOST]


def _payer(event: Event) -> Iterator[str]:
    """Yield the phone and the name, whole and by their words, the longest first."""
    found: set[str] = set()
    for party in (event.payer, event.payee or Party()):
        facts = [fact for fact in (party.msisdn, party.msisdn_masked, party.msisdn_hash, party.name) if fact]
        found.update(facts)
        found.update(word for fact in facts for word in fact.split() if len(word) > 2)
    yield from sorted(found, key=len, reverse=True)


def _secrets(url: Secret) -> Iterator[str]:
    yield url.reveal()
    try:
        parsed = make_url(url.reveal())
    except (ArgumentError, ValueError):
        return
    if parsed.password:
        yield str(parsed.password)
    yield from (value for name, value in parsed.query.items() if "pass" in name.lower() and isinstance(value, str))
