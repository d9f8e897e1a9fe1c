"""Balances as M-Pesa writes them: a number, pipes between the fields of an account, or braces as Java prints a map."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,2}0*)?", re.ASCII)
# {Amount={CurrencyCode=KES, MinimumAmount=618683, BasicAmount=6186.83}}: the basic amount is in shillings.
_BASIC = re.compile(r"BasicAmount=(-?[0-9.]+)", re.ASCII)


def money(written: Any) -> Decimal | None:
    """Return an amount that may be negative, None for what is none (no payment is lost for a balance)."""
    if isinstance(written, bool) or not isinstance(written, str | int | Decimal):
        return None
    digits = str(written)
    return Decimal(digits) if _NUMBER.fullmatch(digits) else None


def read(parameters: Mapping[str, Any], names: frozenset[str]) -> dict[str, Decimal] | None:
    """Return the balances that stand under these names: accounts by their own name, single amounts by their key."""
    found: dict[str, Decimal] = {}
    for name in parameters.keys() & names:
        value = parameters[name]
        if isinstance(value, str) and "|" in value:
            found.update(accounts(value))
            continue
        balance = braced(value) if isinstance(value, str) and "{" in value else money(value)
        if balance is not None:
            found[name] = balance
    return dict(sorted(found.items())) or None


def accounts(written: str) -> dict[str, Decimal]:
    """Return the current balance by account of `Working Account|KES|700000.00|...&Utility Account|KES|...`."""
    found: dict[str, Decimal] = {}
    for account in written.split("&"):
        fields = account.split("|")
        balance = money(fields[2].strip()) if len(fields) > 2 else None
        if balance is not None and "\x00" not in fields[0]:
            found[fields[0].strip()] = balance
    return found


def braced(written: str) -> Decimal | None:
    """Return the BasicAmount of a map in braces."""
    found = _BASIC.search(written)
    return money(found[1]) if found else None


def fees(written: Any) -> Decimal | None:
    """Return the sum of charges: `Fee For B2C Payment|KES|22.40`, several joined by &, or a plain amount."""
    if isinstance(written, str) and "|" in written:
        charges = [part.split("|") for part in written.split("&")]
        amounts = [money(charge[2].strip()) if len(charge) > 2 else None for charge in charges]
        # A sum that leaves out what it cannot read would be wrong.
        return None if None in amounts else sum((one for one in amounts if one is not None), Decimal(0))
    return money(written)
