"""OFX 2.2 (Financial Data Exchange): FITID is the receipt, by which importers know a line again; ACCTID the shortcode.

The reference stands in MEMO: importers put NAME and MEMO together, and drop the rest. Other letters than those of ASCII
are written as character references: `ofxparse`, by which Odoo and Tryton read OFX, refuses a 2.2 file that has any.
"""

from datetime import datetime
from typing import Any

from lxml import etree

from adapters.export.formats.columns import description
from adapters.export.formats.xml_tree import grown
from adapters.export.options import Options
from adapters.export.statement import Line, Statement
from adapters.export.words import cut, joined

# OFX 2.2, 11.4: the longest NAME, MEMO, ACCTID and FITID.
_NAME, _MEMO, _ACCOUNT, _FITID = 32, 255, 22, 255
_BANK = "MPESA"
_HEADER = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    b'<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n'
)
_FINE = [("CODE", "0"), ("SEVERITY", "INFO")]


def render(statement: Statement, options: Options) -> bytes:
    """Return the file."""
    root = etree.Element("OFX")
    signed_on = [("STATUS", _FINE), ("DTSERVER", _time(statement.last)), ("LANGUAGE", "ENG")]
    answer = [("TRNUID", statement.id), ("STATUS", _FINE), ("STMTRS", _statement(statement, options))]
    grown(root, [("SIGNONMSGSRSV1", [("SONRS", signed_on)]), ("BANKMSGSRSV1", [("STMTTRNRS", answer)])])
    body: bytes = etree.tostring(root, encoding="US-ASCII", xml_declaration=False, pretty_print=True)
    return _HEADER + body


def _statement(statement: Statement, options: Options) -> list[Any]:
    account = (options.account_number or statement.shortcode)[:_ACCOUNT]
    lines = [("DTSTART", _time(statement.first)), ("DTEND", _time(statement.last))]
    return [
        ("CURDEF", statement.currency),
        ("BANKACCTFROM", [("BANKID", _BANK), ("ACCTID", account), ("ACCTTYPE", "CHECKING")]),
        ("BANKTRANLIST", [*lines, *(("STMTTRN", _line(line)) for line in statement.lines)]),
        ("LEDGERBAL", [("BALAMT", f"{statement.closing:.2f}"), ("DTASOF", _time(statement.last))]),
    ]


def _line(line: Line) -> list[Any]:
    movement, entry = line.movement, line.entry
    way = "FEE" if movement.is_charge else "CREDIT" if movement.amount >= 0 else "DEBIT"
    whole = entry.name or description(line)
    name = _fitting(whole, _NAME)
    # What NAME has no room for is not lost.
    rest = None if name == whole else entry.name
    return [
        ("TRNTYPE", way),
        ("DTPOSTED", _time(entry.at)),
        ("TRNAMT", f"{movement.amount:.2f}"),
        ("FITID", movement.id[:_FITID]),
        ("NAME", name),
        ("MEMO", _fitting(joined(movement.id, entry.reference, rest), _MEMO)),
    ]


def _fitting(text: str, longest: int) -> str:
    """Return as much of a text as fits; some readers count a character reference by its own characters."""
    room = longest
    for place, char in enumerate(text):
        room -= 1 if char.isascii() else len(f"&#{ord(char)};")
        if room < 0:
            return cut(text, place)
    return text


def _time(moment: datetime) -> str:
    return f"{moment:%Y%m%d%H%M%S}.000[+3:EAT]"
