"""Public names of the parties of a payment: `254708374149 - John Doe`, `000200 – Biller`."""

import re

from gateway.domain.event import Party
from gateway.providers.mpesa.fields import party

# A hyphen or, in one of Daraja's own samples, an en dash.
_DASH = re.compile(r"\s+[-\u2013]\s+")
_PHONE = re.compile(r"(?:\+?254|0)[0-9]{9}|[17][0-9]{8}|[0-9 ]*\*+[0-9 *]*|[0-9a-fA-F]{40,}", re.ASCII)


def public_party(written: str | None) -> Party | None:
    """Return the party of a public name. A shortcode is no telephone: it stays in the name, as it came."""
    if written is None:
        return None
    number, *name = _DASH.split(written.strip(), maxsplit=1)
    if _PHONE.fullmatch(number):
        return party(number, *name)
    return party(None, written)
