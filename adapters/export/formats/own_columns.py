"""Columns of one's own: each header with a template over the event and the line."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.export.formats.columns import Cell, Column, Preset
from adapters.export.options import Options
from adapters.export.statement import Line
from adapters.export.words import one_line
from gateway.domain.event import money_text
from gateway.domain.times import nairobi_text
from gateway.expressions.templates import Template, compile_template

LINE_NAMES = ("id", "at", "words", "debit", "credit", "moved", "balance", "name", "phone", "reference", "is_charge")
"""What a template sees as `line.<name>`, beside the fields of the event."""


def own_preset(columns: Mapping[str, str]) -> Preset:
    """Return the preset of accepted columns. Raises FaultyTemplate for a template that cannot be read."""
    return Preset(tuple(Column(header, _Rendered(compile_template(text))) for header, text in columns.items()))


# A template that is one amount and nothing else: the file writes it, as a number where it has numbers.
_AMOUNT = re.compile(r"\{\{-?\s*(line\.(credit|debit|moved|balance)|amount|fees|expected_amount)\s*-?\}\}")


class _Rendered:
    """The value of a template. Whatever it gives, a payer's text included, is on one line."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._is_amount = _AMOUNT.fullmatch(template.text.strip()) is not None

    def __call__(self, line: Line, _options: Options) -> Cell:
        written = one_line(self._template.render(values_of(line)))
        return Decimal(written) if written and self._is_amount else written


def values_of(line: Line) -> dict[str, Any]:
    """Return what a template can take: the event as `events --json` shows it, and `line`."""
    amount = line.movement.amount
    told = {
        "id": line.movement.id,
        "at": nairobi_text(line.entry.at),
        "words": line.movement.words,
        # As in a bank's statement: what came is a credit, what went a debit.
        "credit": money_text(amount) if amount >= 0 else None,
        "debit": money_text(-amount) if amount < 0 else None,
        "moved": money_text(amount),
        "balance": money_text(line.balance),
        "name": line.entry.name,
        "phone": line.entry.phone,
        "reference": line.entry.reference,
        "is_charge": line.movement.is_charge,
    }
    return {**line.entry.event.as_dict(frozenset({"balances"})), "line": told}
