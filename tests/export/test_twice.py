"""Every file is imported twice. What an importer can tell again it does not book again; what it cannot is said so."""

import csv
import io
import warnings
from decimal import Decimal
from pathlib import Path

import pytest
from exported import month, payment, rendered
from judges import CHART, CLEARING, OPEN, by_tally, by_xsd, run
from lxml import etree
from ofxparse import OfxParser
from ofxtools.Parser import OFXTree

EVENTS = month(80)


def import_by(ids: list[str], known: set[str]) -> int:
    """An importer that goes by an id, as Odoo's and Xero's do: how many lines it books."""
    new = [one for one in ids if one not in known]
    known.update(new)
    return len(new)


def ofx_ids(body: bytes) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [one.id for one in OfxParser.parse(io.BytesIO(body)).account.statement.transactions]


def ofxtools_ids(body: bytes) -> list[str]:
    tree = OFXTree()
    tree.parse(io.BytesIO(body))
    return [one.fitid for one in tree.convert().statements[0].transactions]


def column(name: str):
    return lambda body: [row[name] for row in csv.DictReader(io.StringIO(body.decode(), newline="")) if row[name]]


def camt_ids(body: bytes) -> list[str]:
    return [receipt for receipt, _ in by_xsd("08")(body, Path())]


def tally_ids(body: bytes) -> list[str]:
    return [voucher.get("REMOTEID") for voucher in etree.fromstring(body).iterfind(".//VOUCHER")]


@pytest.mark.parametrize(("name", "preset", "ids"), [
    ("ofx", None, ofx_ids), ("ofx", None, ofxtools_ids), ("csv", "generic", column("Transaction ID")),
    ("csv", "odoo", column("id")), ("csv", "zoho", column("Reference Number")),
    ("csv", "erpnext", column("Reference Number")), ("odoo-journal", None, column("id")),
    ("camt.053.001.08", None, camt_ids), ("tally", None, tally_ids),
])  # fmt: skip
def test_an_importer_that_goes_by_the_id_books_each_line_once(name: str, preset: str | None, ids) -> None:
    settings = {"preset": preset} if preset else {}
    known: set[str] = set()
    body = rendered(name, EVENTS, **settings)

    assert import_by(ids(body), known) == len(ids(body)) > 40
    assert import_by(ids(body), known) == 0
    # A line keeps its id in another file too: by hand, with others, after a restore.
    assert import_by(ids(rendered(name, EVENTS[:40], **settings)), known) == 0


def test_beancount_refuses_a_second_copy(tmp_path: Path) -> None:
    body = rendered("beancount", EVENTS)
    for name in ("one", "two"):
        (tmp_path / f"{name}.beancount").write_bytes(body)
    opened = OPEN + "".join(f"2020-01-01 open {one}\n" for one in CHART)
    main = tmp_path / "main.beancount"
    main.write_text(opened + 'include "one.beancount"\n')
    assert run(_bean_check(), "--no-cache", main).returncode == 0

    main.write_text(opened + 'include "one.beancount"\ninclude "two.beancount"\n')

    done = run(_bean_check(), "--no-cache", main)
    assert done.returncode == 1
    assert "Duplicate" in done.stdout + done.stderr


def _bean_check() -> Path:
    import sys

    return Path(sys.executable).with_name("bean-check")


@pytest.mark.parametrize(("name", "command"), [("hledger", "hledger"), ("ledger", "ledger")])
def test_journals_do_not_protect_and_the_documents_say_so(name: str, command: str, tmp_path: Path) -> None:
    journal = tmp_path / "main.journal"
    (tmp_path / "one").write_bytes(rendered(name, [payment(1)]))
    journal.write_text("include one\ninclude one\n")
    strict = ["check", "-s"] if command == "hledger" else ["--pedantic", "source"]
    assert run(command, "-f", journal, *strict).returncode == 0

    balance = run(command, "-f", journal, "balance", CLEARING).stdout

    assert "3,000.00 KES" in balance


def test_an_unbalanced_file_would_be_refused(tmp_path: Path) -> None:
    """Else the judges would prove nothing."""
    event = payment(1)
    for name, command in (
        ("hledger", ["hledger", "-f", "-", "check", "-s"]),
        ("ledger", ["ledger", "-f", "-", "source"]),
    ):
        body = rendered(name, [event]).replace(b"-1500.00", b"-1500.01")
        path = tmp_path / name
        path.write_bytes(body)
        assert run(*(str(path) if one == "-" else one for one in command)).returncode != 0
    tampered = rendered("tally", [event]).replace(b"<AMOUNT>1500.00", b"<AMOUNT>1500.01")
    with pytest.raises(AssertionError):
        by_tally(tampered, tmp_path)
    broken = rendered("camt.053.001.08", [event]).replace(b"<Ccy>KES</Ccy>", b"<Ccy>SHILLINGS</Ccy>")
    with pytest.raises(etree.DocumentInvalid):
        by_xsd("08")(broken, tmp_path)


def test_ids_are_never_shared_by_two_lines() -> None:
    for name, ids in (("ofx", ofx_ids), ("camt.053.001.08", camt_ids), ("tally", tally_ids)):
        found = ids(rendered(name, EVENTS))
        assert len(set(found)) == len(found)
    assert Decimal(len(set(ofx_ids(rendered("ofx", EVENTS))))) > len(EVENTS) / 2


def test_money_between_two_shortcodes_of_a_tenant_has_two_ids() -> None:
    """It has one receipt, out of the one and into the other."""
    sides = [payment(1), payment(1, type="transfer.succeeded", shortcode="600999")]
    for name, ids in (("odoo-journal", column("id")), ("tally", tally_ids)):
        assert len({one for side in sides for one in ids(rendered(name, [side]))}) == 2
