"""CSV: every field quoted, CRLF, UTF-8; numbers without thousands; text that no spreadsheet takes for a formula."""

import csv
import io
from datetime import datetime
from decimal import Decimal

from adapters.export.formats.columns import PRESETS, Cell, Column, Preset
from adapters.export.formats.own_columns import own_preset
from adapters.export.options import Options
from adapters.export.statement import Statement
from adapters.export.words import guarded

_MARK = "\ufeff"


def preset_of(options: Options) -> Preset:
    """Return the columns that a destination has: its own, or those of its preset."""
    return own_preset(options.columns) if options.columns else PRESETS[options.preset]


def render(statement: Statement, options: Options) -> bytes:
    """Return the file."""
    preset = preset_of(options)
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=options.locale.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([column.header for column in preset.columns])
    for line in statement.lines:
        cells = ((column, column.value(line, options)) for column in preset.columns)
        writer.writerow([_written(column, cell, preset, options) for column, cell in cells])
    return ((_MARK if options.locale.byte_order_mark else "") + table.getvalue()).encode()


def _written(column: Column, cell: Cell, preset: Preset, options: Options) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:.2f}".replace(".", options.locale.decimal)
    if isinstance(cell, datetime):
        return cell.strftime(column.moment or options.locale.date or preset.date)
    return guarded(cell or "")
