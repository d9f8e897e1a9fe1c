"""xlsx: days are days, amounts are numbers with two decimals, and text is text whatever it begins with."""

import io
import re
import zipfile
from datetime import datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from adapters.export.formats.columns import Cell, Column
from adapters.export.formats.csv_text import preset_of
from adapters.export.options import Options
from adapters.export.statement import Statement

_MONEY, _DAY = "#,##0.00", "yyyy-mm-dd"
_TIMES = {"%H:%M:%S": "hh:mm:ss"}
_MADE = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")
# The first moment that a zip file can tell; any other would be different at each writing.
_ALWAYS = (1980, 1, 1, 0, 0, 0)


def render(statement: Statement, options: Options) -> bytes:
    """Return the file."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(statement.shortcode)
    sheet.freeze_panes = "A2"
    columns = preset_of(options).columns
    sheet.append([_cell(sheet, column, column.header, bold=True) for column in columns])
    for line in statement.lines:
        sheet.append([_cell(sheet, column, column.value(line, options)) for column in columns])
    made = io.BytesIO()
    book.save(made)
    return _without_clock(made.getvalue(), statement.last)


def _cell(sheet: Any, column: Column, value: Cell, bold: bool = False) -> Any:
    cell: Any = WriteOnlyCell(sheet)
    if isinstance(value, Decimal):
        cell.value, cell.number_format = value, _MONEY
    elif isinstance(value, datetime):
        _set_moment(cell, column, value)
    elif value:
        cell.value = value
        # A text that begins with = would be a formula.
        cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _set_moment(cell: Any, column: Column, value: datetime) -> None:
    naive = value.replace(tzinfo=None)
    if column.moment is None:
        cell.value, cell.number_format = naive.date(), _DAY
    elif column.moment in _TIMES:
        cell.value, cell.number_format = naive.time(), _TIMES[column.moment]
    else:
        cell.value, cell.number_format = naive, f"{_DAY} hh:mm:ss"


def _without_clock(made: bytes, moment: datetime) -> bytes:
    """Return the same workbook with the times of its making taken out."""
    out = io.BytesIO()
    stamp = f"{moment:%Y-%m-%dT%H:%M:%S}+03:00".encode()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "docProps/core.xml":
                body = _MADE.sub(lambda found: found[1] + stamp, body)
            new.writestr(zipfile.ZipInfo(name, _ALWAYS), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()
