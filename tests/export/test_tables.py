"""Tables: the presets' columns, locales, formulas, columns of one's own, typed cells."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from exported import MARCH, TEXTS, exporting, payment, rendered

from adapters.export.formats.columns import PRESETS
from adapters.export.words import guarded, one_line
from adapters.testing import MemoryProgress
from gateway.domain.delivery import AttemptResult
from gateway.domain.event import Party

IN = payment(1, "1500.00", balances={"OrgAccountBalance": Decimal("98100.00")})
OUT = payment(
    2, "200.00", type="payout.succeeded", payee=Party(msisdn="254708374149", name="JOHN"), fees=Decimal("5.50"),
    account_reference=None,
)  # fmt: skip


def table(body: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=delimiter))


FIRST_ROWS: dict[str, dict[str, str]] = {
    "generic": {
        "Date": "2026-03-01", "Time": "00:00:00", "Transaction ID": "UC00000001", "Type": "Payment",
        "Reference": "INV-7", "Name": "WANJIKU", "Phone": "254712***678",
        "Description": "M-Pesa payment UC00000001 INV-7 WANJIKU", "Amount": "1500.00", "Balance": "98100.00",
        "Currency": "KES", "Shortcode": "600638", "Original receipt": "", "Event ID": IN.id,
    },
    "quickbooks-3": {
        "Date": "01/03/2026", "Description": "M-Pesa payment UC00000001 INV-7 WANJIKU", "Amount": "1500.00"
    },
    "quickbooks-4": {
        "Date": "01/03/2026", "Description": "M-Pesa payment UC00000001 INV-7 WANJIKU", "Credit": "1500.00",
        "Debit": "",
    },
    "xero": {
        "*Date": "01/03/2026", "*Amount": "1500.00", "Payee": "WANJIKU",
        "Description": "M-Pesa payment UC00000001 INV-7 WANJIKU", "Reference": "UC00000001 INV-7",
    },
    "zoho": {
        "Date": "2026-03-01", "Withdrawals": "", "Deposits": "1500.00", "Payee": "WANJIKU",
        "Description": "M-Pesa payment UC00000001 INV-7 WANJIKU", "Reference Number": "UC00000001",
    },
    "sage": {
        "Date": "01/03/2026", "Reference": "UC00000001", "Description": "M-Pesa payment UC00000001 INV-7 WANJIKU",
        "Amount": "1500.00",
    },
    "odoo": {
        "id": "mpesa.duka_600638_UC00000001", "date": "2026-03-01",
        "payment_ref": "M-Pesa payment UC00000001 INV-7 WANJIKU",
        "ref": "UC00000001 INV-7", "partner_name": "WANJIKU", "amount": "1500.00", "journal_id": "MPESA",
    },
    "erpnext": {
        "Date": "2026-03-01", "Deposit": "1500.00", "Withdrawal": "",
        "Description": "M-Pesa payment UC00000001 INV-7 WANJIKU", "Reference Number": "UC00000001",
        "Bank Account": "600638", "Currency": "KES",
    },
    "mpesa-portal": {
        "Receipt No.": "UC00000001", "Completion Time": "01-03-2026 00:00:00",
        "Details": "M-Pesa payment UC00000001 INV-7 WANJIKU", "Transaction Status": "Completed", "Paid In": "1500.00",
        "Withdrawn": "", "Balance": "98100.00",
    },
}  # fmt: skip


@pytest.mark.parametrize("preset", PRESETS)
def test_the_first_row_of_each_preset(preset: str) -> None:
    assert table(rendered("csv", [IN], preset=preset)) == [FIRST_ROWS[preset]]


@pytest.mark.parametrize(("preset", "columns"), [
    ("generic", ("Amount",)), ("quickbooks-3", ("Amount",)), ("quickbooks-4", ("Credit", "Debit")),
    ("xero", ("*Amount",)), ("zoho", ("Deposits", "Withdrawals")), ("sage", ("Amount",)), ("odoo", ("amount",)),
    ("erpnext", ("Deposit", "Withdrawal")), ("mpesa-portal", ("Paid In", "Withdrawn")),
])  # fmt: skip
def test_every_preset_has_the_same_total(preset: str, columns: tuple[str, ...]) -> None:
    rows = table(rendered("csv", [IN, OUT], preset=preset))

    came, *went = (sum(Decimal(row[column] or 0) for row in rows) for column in columns)

    assert came - sum(went) == Decimal("1294.50")
    assert len(rows) == 3


def test_a_locale_with_commas() -> None:
    body = rendered("csv", [IN, OUT], decimal=",", delimiter=";", date_format="%d.%m.%Y", bom=True)

    assert body.startswith(b"\xef\xbb\xbf")
    assert [(row["Date"], row["Amount"]) for row in table(body, ";")] == [
        ("01.03.2026", "1500,00"), ("01.03.2026", "-200,00"), ("01.03.2026", "-5,50"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+254700", "-x", "@SUM(A1)", "\t=1", "\r\n=1", "\uff1d1", "\u202e=1"])
def test_a_text_that_looks_like_a_formula_is_none(text: str) -> None:
    row = table(rendered("csv", [payment(1, account_reference=text, payer=Party(name=text))]))[0]

    assert row["Reference"] == "'" + (one_line(text) or "")
    assert row["Name"].startswith("'")


def test_a_negative_amount_stays_a_number() -> None:
    assert [row["Amount"] for row in table(rendered("csv", [OUT]))] == ["-200.00", "-5.50"]
    assert [guarded(text) for text in ("-5.50", "-5,50", "-5.50x", "--5")] == ["-5.50", "-5,50", "'-5.50x", "'--5"]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_payers_text_is_one_field_on_one_line(text: str) -> None:
    body = rendered("csv", [payment(1, account_reference=text), payment(2)])

    assert len(body.decode().split("\r\n")) == 4
    assert table(body)[0]["Reference"].removeprefix("'") == (one_line(text) or "")


COLUMNS = {
    "Tarehe": "{{ occurred_at | date('%d/%m/%Y') }}",
    "Namba": "{{ line.id }}",
    "Ingia": "{{ line.credit }}",
    "Toka": "{{ line.debit }}",
    "Maelezo": "{{ line.words }} {{ account_reference }} {{ payer.name }}",
}


def test_columns_of_ones_own() -> None:
    assert table(rendered("csv", [IN, OUT], columns=COLUMNS)) == [
        {
            "Tarehe": "01/03/2026",
            "Namba": "UC00000001",
            "Ingia": "1500.00",
            "Toka": "",
            "Maelezo": "Payment INV-7 WANJIKU",
        },
        {"Tarehe": "01/03/2026", "Namba": "UC00000002", "Ingia": "", "Toka": "200.00", "Maelezo": "Payout WANJIKU"},
        {
            "Tarehe": "01/03/2026",
            "Namba": "UC00000002-C",
            "Ingia": "",
            "Toka": "5.50",
            "Maelezo": "Payout charge WANJIKU",
        },
    ]


def test_a_payers_text_in_a_column_of_ones_own_is_data() -> None:
    event = payment(1, payer=Party(name="=cmd|' /C calc'!A0\r\n{{ 7 * 7 }}"))
    (row,) = table(rendered("csv", [event], columns={"Who": "{{ payer.name }}", "Moved": "{{ line.moved }}"}))

    assert row == {"Who": "'=cmd|' /C calc'!A0 {{ 7 * 7 }}", "Moved": "1500.00"}


def test_an_amount_in_a_column_of_ones_own_has_the_decimal_sign_of_the_file() -> None:
    columns = {
        "Kiasi": "{{ line.moved }}",
        "Jumla": " {{amount}} ",
        "Maneno": "KES {{ amount }}",
        "Ref": "{{ line.reference }}",
    }
    (row,) = table(rendered("csv", [payment(1, "1500.50", account_reference="7.50")], columns=columns, decimal=","))

    assert row == {"Kiasi": "1500,50", "Jumla": "1500,50", "Maneno": "KES 1500.50", "Ref": "7.50"}


def test_an_amount_in_a_workbooks_column_of_ones_own_is_a_number() -> None:
    columns = {"Kiasi": "{{ line.moved }}", "Salio": "{{ line.balance }}", "Ref": "{{ account_reference }}"}
    found = cells(rendered("xlsx", [payment(1, "0.10", account_reference="7.50")], columns=columns))

    assert (found["Kiasi"].value, found["Kiasi"].data_type, found["Kiasi"].number_format) == (0.1, "n", "#,##0.00")
    assert found["Salio"].value is None
    assert (found["Ref"].value, found["Ref"].data_type) == ("7.50", "s")


def test_a_column_that_cannot_be_worked_out_is_a_dead_letter_and_no_poison() -> None:
    adapter = exporting("csv", columns={"N": "{{ account_reference | number }}"})

    verdict = adapter.deliver(payment(1, account_reference="SECRET-REF"), MemoryProgress())

    assert (verdict.result, verdict.reason, verdict.line) == (AttemptResult.REJECTED, "columns", None)
    assert "SECRET-REF" not in verdict.detail


def cells(body: bytes) -> dict[str, Any]:
    head, first, *_ = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0].iter_rows()
    return {str(name.value): cell for name, cell in zip(head, first, strict=True)}


def test_a_workbook_has_typed_cells() -> None:
    found = cells(rendered("xlsx", [payment(1, "0.10", account_reference="=1+1")]))

    assert (found["Date"].value.date(), found["Date"].is_date) == (date(2026, 3, 1), True)
    assert (found["Amount"].value, found["Amount"].data_type, found["Amount"].number_format) == (0.1, "n", "#,##0.00")
    assert (found["Reference"].value, found["Reference"].data_type) == ("=1+1", "s")
    assert found["Transaction ID"].data_type == "s"
    assert found["Balance"].value is None


def test_a_workbook_is_the_same_bytes_a_second_later() -> None:
    import time

    first = rendered("xlsx", [IN])
    time.sleep(2.1)

    assert rendered("xlsx", [IN]) == first
    assert b"2026-03-01T00:00:00+03:00" in _core(first)


def _core(body: bytes) -> bytes:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.read("docProps/core.xml")


def test_a_sum_of_a_workbook_is_exact_in_cents() -> None:
    events = [payment(number, f"{number}.{number % 100:02d}", MARCH) for number in range(1, 400)]
    sheet = openpyxl.load_workbook(io.BytesIO(rendered("xlsx", events))).worksheets[0]
    amounts = [Decimal(str(row[8])) for row in sheet.iter_rows(min_row=2, values_only=True)]

    assert sum(amounts) == sum(event.amount or 0 for event in events)
