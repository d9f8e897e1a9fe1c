"""Secrets in what a destination says: receivers echo requests, also encoded for the place where they echo them."""

import json
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote, quote_plus

from gateway.domain.settings import Secret

MASK = "***"


def masked(text: str, secrets: Iterable[Secret]) -> str:
    """Return the text with every form of every secret replaced, the longest first."""
    for form in sorted({form for secret in secrets for form in _forms(secret.reveal())}, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def _forms(secret: str) -> Iterator[str]:
    """Yield how a secret may be written: as it is, in an address, in JSON, in HTML."""
    if secret:
        yield from (secret, quote(secret, safe=""), quote(secret), quote_plus(secret), escape(secret))
        yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
