"""Tally XML (TallyPrime, Import > Transactions): one voucher a payment, known again by its REMOTEID.

The narration begins with the receipt: of all fields it is the one that surely stays as it was written.
"""

from typing import Any

from lxml import etree

from adapters.export.entry import Entry, Posting
from adapters.export.formats.xml_tree import grown, written
from adapters.export.options import Options
from adapters.export.statement import Statement
from adapters.export.words import joined


def render(statement: Statement, options: Options) -> bytes:
    """Return the file."""
    company = None if options.company is None else [("SVCURRENTCOMPANY", options.company)]
    description = [("REPORTNAME", "Vouchers"), ("STATICVARIABLES", company)]
    root = etree.Element("ENVELOPE")
    grown(root, [("HEADER", [("TALLYREQUEST", "Import Data")])])
    imported = etree.SubElement(etree.SubElement(root, "BODY"), "IMPORTDATA")
    grown(imported, [("REQUESTDESC", description)])
    data = etree.SubElement(imported, "REQUESTDATA")
    for entry in statement.entries:
        _voucher(etree.SubElement(data, "TALLYMESSAGE"), entry)
    return written(root)


def _voucher(message: "etree._Element", entry: Entry) -> None:
    kind = "Receipt" if entry.total >= 0 else "Payment"
    voucher = etree.SubElement(message, "VOUCHER", VCHTYPE=kind, ACTION="Create")
    voucher.set("REMOTEID", f"mpesa-{entry.event.tenant}-{entry.event.shortcode}-{entry.id}")
    facts: list[Any] = [
        ("DATE", f"{entry.at:%Y%m%d}"),
        ("VOUCHERTYPENAME", kind),
        ("REFERENCE", entry.id),
        ("NARRATION", joined(entry.id, entry.reference, entry.name)),
    ]
    grown(voucher, [*facts, *(("ALLLEDGERENTRIES.LIST", _posting(posting)) for posting in entry.postings)])


def _posting(posting: Posting) -> list[Any]:
    # Tally's signs: a debit is deemed positive, and its amount is written below zero.
    return [
        ("LEDGERNAME", posting.account),
        ("ISDEEMEDPOSITIVE", "Yes" if posting.amount >= 0 else "No"),
        ("AMOUNT", f"{-posting.amount:.2f}"),
    ]
