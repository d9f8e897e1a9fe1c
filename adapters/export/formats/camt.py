"""CAMT.053 bank statements (ISO 20022), versions 001.02 and 001.08, valid by the official schemas.

AcctSvcrRef holds the receipt; not every importer looks at it, so that a file has to be imported once.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from lxml import etree

from adapters.export.formats.columns import description
from adapters.export.formats.xml_tree import grown, written
from adapters.export.options import Options
from adapters.export.statement import Line, Statement
from adapters.export.words import cut

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
# Max35Text, Max140Text, Max70Text of the schemas.
_ID, _TEXT, _NAME = 35, 140, 140

_Party = Callable[[str], list[Any]]
_Status = Callable[[], Any]


def render_02(statement: Statement, options: Options) -> bytes:
    """Return a file of version 001.02."""
    return _document("02", statement, options, lambda name: [("Nm", name)], lambda: "BOOK")


def render_08(statement: Statement, options: Options) -> bytes:
    """Return a file of version 001.08: parties and the status have one level more."""
    return _document("08", statement, options, lambda name: [("Pty", [("Nm", name)])], lambda: [("Cd", "BOOK")])


def _document(version: str, statement: Statement, options: Options, party: _Party, status: _Status) -> bytes:
    space = _NAMESPACE + version
    root = etree.Element("Document", nsmap={None: space})  # type: ignore[dict-item]
    header = [("MsgId", statement.id.replace("-", "")), ("CreDtTm", _time(statement.last))]
    children = [("BkToCstmrStmt", [("GrpHdr", header), ("Stmt", _statement(statement, options, party, status))])]
    tree = grown(root, children)
    # Elements are made without a namespace and read by it: all of them have the one that the root declares.
    return written(_in_namespace(tree, space))


def _statement(statement: Statement, options: Options, party: _Party, status: _Status) -> list[Any]:
    number = (options.account_number or statement.shortcode)[:34]
    return [
        ("Id", statement.id.replace("-", "")),
        ("CreDtTm", _time(statement.last)),
        ("FrToDt", [("FrDtTm", _time(statement.first)), ("ToDtTm", _time(statement.last))]),
        ("Acct", [("Id", [("Othr", [("Id", number)])]), ("Ccy", statement.currency)]),
        ("Bal", _balance("OPBD", statement.opening, statement.first)),
        ("Bal", _balance("CLBD", statement.closing, statement.last)),
        *(("Ntry", _entry(line, party, status)) for line in statement.lines),
    ]


def _balance(code: str, amount: Decimal, at: datetime) -> list[Any]:
    return [
        ("Tp", [("CdOrPrtry", [("Cd", code)])]),
        ("Amt", f"{abs(amount):.2f}"),
        ("CdtDbtInd", _way(amount)),
        ("Dt", [("Dt", f"{at:%Y-%m-%d}")]),
    ]


def _entry(line: Line, party: _Party, status: _Status) -> list[Any]:
    movement, entry = line.movement, line.entry
    came = movement.amount >= 0
    details = [
        ("Refs", [("AcctSvcrRef", movement.id[:_ID]), ("EndToEndId", cut(entry.reference or movement.id, _ID))]),
        ("RltdPties", None if entry.name is None else [("Dbtr" if came else "Cdtr", party(cut(entry.name, _NAME)))]),
        ("RmtInf", [("Ustrd", cut(description(line), _TEXT))]),
    ]
    return [
        ("NtryRef", movement.id[:_ID]),
        ("Amt", f"{abs(movement.amount):.2f}"),
        ("CdtDbtInd", _way(movement.amount)),
        ("Sts", status()),
        ("BookgDt", [("DtTm", _time(entry.at))]),
        ("ValDt", [("Dt", f"{entry.at:%Y-%m-%d}")]),
        ("AcctSvcrRef", movement.id[:_ID]),
        ("BkTxCd", [("Prtry", [("Cd", movement.words[:_ID])])]),
        ("NtryDtls", [("TxDtls", details)]),
    ]


def _way(amount: Decimal) -> str:
    return "CRDT" if amount >= 0 else "DBIT"


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+03:00")


def _in_namespace(root: "etree._Element", space: str) -> "etree._Element":
    currency = root.findtext("BkToCstmrStmt/Stmt/Acct/Ccy") or ""
    for element in root.iter():
        if element.tag == "Amt":
            element.set("Ccy", currency)
        if element is not root:
            element.tag = f"{{{space}}}{element.tag}"
    root.tag = f"{{{space}}}Document"
    return root
