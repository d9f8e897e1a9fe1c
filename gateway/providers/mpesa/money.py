"""Amounts inside texts: balances and charges of results. Business-sensitive, and never worth losing a result for."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.domain.event import Party
from gateway.providers.mpesa.fields import text

_SIGNED = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,2}0*)?", re.ASCII)
_BRACES = re.compile(r"\{Amount=\{CurrencyCode=[A-Z]{3}, MinimumAmount=-?[0-9]+, BasicAmount=([^}]*)\}\}")


def signed(written: str | None) -> Decimal | None:
    """Return an amount that may be negative, None where the text is none."""
    written = written.strip() if written else ""
    return Decimal(written) if _SIGNED.fullmatch(written) else None


def balance(written: str | None) -> Decimal | None:
    """Return a balance: plain, or `{Amount={CurrencyCode=KES, MinimumAmount=618683, BasicAmount=6186.83}}`."""
    found = _BRACES.fullmatch((written or "").strip())
    return signed(found[1]) if found else signed(written)


def accounts(written: str | None) -> dict[str, Decimal]:
    """Return balances by account of `Working Account|KES|700000.00|...&Utility Account|KES|...` (Daraja)."""
    found = {}
    for account in (written or "").split("&"):
        name, _, rest = account.partition("|")
        parts = rest.split("|")
        held = signed(parts[1]) if len(parts) > 1 else None
        if name.strip() and held is not None:
            found[name.strip()] = held
    return found


def balances(body: Mapping[str, Any], *names: str) -> dict[str, Decimal] | None:
    """Return those of the named balances that can be read, None where none can."""
    found = {name: balance(text(body, name)) for name in names}
    return {name: held for name, held in found.items() if held is not None} or None


def charge(written: str | None) -> Decimal | None:
    """Return a charge: plain, or `Fee For B2C Payment|KES|22.40`; several, joined by &, are summed."""
    parts = [signed(part.rsplit("|", 1)[-1]) for part in (written or "").split("&")]
    known = [abs(part) for part in parts if part is not None]
    return sum(known, Decimal(0)) if known else None


def public_name(written: str | None) -> Party | None:
    """Return who `254708374149 - John Doe` is; the dash may be a long one. A biller's number is no telephone."""
    if not written:
        return None
    number, dash, name = re.sub("[–—]", "-", written).partition("-")
    number, name = number.strip(), name.strip()
    if not dash:
        return Party(name=written.strip() or None)
    if "*" in number:
        return Party(msisdn_masked=number, name=name or None)
    is_phone = number.isascii() and number.isdigit() and number.startswith("254") and len(number) == 12
    return Party(msisdn=number, name=name or None) if is_phone else Party(name=written.strip())
