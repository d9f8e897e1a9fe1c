"""The settings of one `export` destination as the adapter uses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from adapters.export.accounts import Accounts, accounts_of
from adapters.export.close import DEFAULT_CLOSE, Close, close_of
from adapters.export.formats import FORMATS, Format


@dataclass(frozen=True, slots=True)
class Locale:
    """How a text file writes numbers and days. None: as the format, or its preset, has it."""

    decimal: str
    delimiter: str
    date: str | None
    byte_order_mark: bool


@dataclass(frozen=True, slots=True)
class Options:
    """What `schemas/adapters/export.json` accepted, with its defaults filled in."""

    format: Format
    preset: str
    # Header -> template: columns of one's own.
    columns: Mapping[str, str]
    folder: str
    close: Close
    currency: str
    # masked, whole or none
    phone: str
    accounts: Accounts
    # Percent of tax in M-Pesa's charges; nought leaves them whole.
    vat_rate: Decimal
    locale: Locale
    # The account's number or name in the ERP; the shortcode where it is None.
    account_number: str | None
    # The journal's code or name in Odoo.
    journal: str
    # The company's name in Tally.
    company: str | None

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Options":
        """Read accepted settings. Raises FaultyTemplate and BadCloseError for what only reading them can tell."""
        return cls(
            format=FORMATS[settings["format"]],
            preset=settings.get("preset", "generic"),
            columns=dict(settings.get("columns") or {}),
            folder=settings["folder"],
            close=close_of(settings.get("close", DEFAULT_CLOSE)),
            currency=settings.get("currency", "KES"),
            phone=settings.get("phone", "masked"),
            accounts=accounts_of(settings.get("accounts") or {}, settings.get("rules") or ()),
            vat_rate=Decimal(str(settings.get("vat", 0))),
            locale=_locale(settings),
            account_number=settings.get("account_number"),
            journal=settings.get("journal", "MPESA"),
            company=settings.get("company"),
        )


def _locale(settings: Mapping[str, Any]) -> Locale:
    return Locale(
        decimal=settings.get("decimal", "."),
        delimiter={"tab": "\t"}.get(settings.get("delimiter", ","), settings.get("delimiter", ",")),
        date=settings.get("date_format"),
        byte_order_mark=settings.get("bom", False),
    )
