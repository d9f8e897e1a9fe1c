"""Columns of tables (CSV, xlsx): what may stand in one, and the presets that ERPs read without being told how."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from adapters.export.entry import Entry
from adapters.export.options import Options
from adapters.export.statement import Line
from adapters.export.words import joined

_NO_ID = re.compile(r"[^A-Za-z0-9_-]")

Cell = str | Decimal | datetime | None
"""Text, money, a moment of Nairobi, or nothing: how it is written is the file's affair."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. A moment is written by `date`, unless the destination names a form of its own for days."""

    header: str
    value: Callable[[Line, Options], Cell]
    # strftime of a moment: None for a plain day in the file's own form.
    moment: str | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """The columns that one importer reads, and its form of days."""

    columns: Sequence[Column]
    date: str = "%Y-%m-%d"
    # Payments in one file, at most.
    most: int | None = None


def description(line: Line, _options: Options | None = None) -> str:
    """Return what the line is, for a person: the receipt is in it, the phone is not."""
    entry = line.entry
    return joined("M-Pesa", line.movement.words.lower(), entry.receipt, entry.reference, entry.name)


def account_number(line: Line, options: Options) -> str:
    """Return the account's number or name in the ERP."""
    return options.account_number or line.entry.event.shortcode


def external_id(entry: Entry, name: str) -> str:
    """Return the id by which Odoo knows a record again: one dot, after the module, and few kinds of characters.

    The shortcode is in it: money from one shortcode of a tenant to another has one receipt on both sides.
    """
    return f"mpesa.{_NO_ID.sub('_', f'{entry.event.tenant}_{entry.event.shortcode}_{name}')}"


def _came(line: Line, _options: Options) -> Decimal | None:
    return line.movement.amount if line.movement.amount >= 0 else None


def _went(line: Line, _options: Options) -> Decimal | None:
    return -line.movement.amount if line.movement.amount < 0 else None


def _at(line: Line, _options: Options) -> datetime:
    return line.entry.at


def _amount(line: Line, _options: Options) -> Decimal:
    return line.movement.amount


def _id(line: Line, _options: Options) -> str:
    return line.movement.id


def _payee(line: Line, _options: Options) -> str | None:
    return line.entry.name or line.entry.reference


def _receipt_and_reference(line: Line, _options: Options) -> str:
    return joined(line.movement.id, line.entry.reference)


_GENERIC = (
    Column("Date", _at),
    Column("Time", _at, "%H:%M:%S"),
    Column("Transaction ID", _id),
    Column("Type", lambda line, _: line.movement.words),
    Column("Reference", lambda line, _: line.entry.reference),
    Column("Name", lambda line, _: line.entry.name),
    Column("Phone", lambda line, _: line.entry.phone),
    Column("Description", description),
    Column("Amount", _amount),
    Column("Balance", lambda line, _: line.balance),
    Column("Currency", lambda line, _: line.entry.currency),
    Column("Shortcode", lambda line, _: line.entry.event.shortcode),
    Column("Original receipt", lambda line, _: line.entry.event.original_receipt),
    Column("Event ID", lambda line, _: line.entry.event.id),
)

_PORTAL_TIME = "%d-%m-%Y %H:%M:%S"

PRESETS: Mapping[str, Preset] = {
    "generic": Preset(_GENERIC),
    "quickbooks-3": Preset(
        (Column("Date", _at), Column("Description", description), Column("Amount", _amount)), "%d/%m/%Y"
    ),
    "quickbooks-4": Preset(
        (
            Column("Date", _at),
            Column("Description", description),
            Column("Credit", _came),
            Column("Debit", _went),
        ),
        "%d/%m/%Y",
    ),
    "xero": Preset(
        (
            Column("*Date", _at),
            Column("*Amount", _amount),
            Column("Payee", _payee),
            Column("Description", description),
            Column("Reference", _receipt_and_reference),
        ),
        "%d/%m/%Y",
        # Xero takes 1,000 lines; a payment with a charge has two.
        most=500,
    ),
    "zoho": Preset(
        (
            Column("Date", _at),
            Column("Withdrawals", _went),
            Column("Deposits", _came),
            Column("Payee", _payee),
            Column("Description", description),
            Column("Reference Number", _id),
        )
    ),
    "sage": Preset(
        (
            Column("Date", _at),
            Column("Reference", _id),
            Column("Description", description),
            Column("Amount", _amount),
        ),
        "%d/%m/%Y",
    ),
    "odoo": Preset(
        (
            Column("id", lambda line, _: external_id(line.entry, line.movement.id)),
            Column("date", _at),
            Column("payment_ref", description),
            Column("ref", _receipt_and_reference),
            Column("partner_name", lambda line, _: line.entry.name),
            Column("amount", _amount),
            Column("journal_id", lambda _, options: options.journal),
        )
    ),
    "erpnext": Preset(
        (
            Column("Date", _at),
            Column("Deposit", _came),
            Column("Withdrawal", _went),
            Column("Description", description),
            Column("Reference Number", _id),
            Column("Bank Account", account_number),
            Column("Currency", lambda line, _: line.entry.currency),
        )
    ),
    "mpesa-portal": Preset(
        (
            Column("Receipt No.", _id),
            Column("Completion Time", _at, _PORTAL_TIME),
            Column("Details", description),
            Column("Transaction Status", lambda _line, _options: "Completed"),
            Column("Paid In", _came),
            Column("Withdrawn", _went),
            Column("Balance", lambda line, _: line.balance),
        )
    ),
}
"""Name -> preset, as `preset:` takes it."""
