"""The simulator's bodies have the shapes that M-Pesa's have (recorded in production, see docs of each field)."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest

from gateway.simulator import callbacks
from gateway.simulator.payment import Payment, draw

NOW = datetime(2026, 11, 24, 9, 30, 15, tzinfo=UTC)


@pytest.fixture
def payment() -> Payment:
    return draw(Random(7), NOW, "600638", amount=Decimal(250), reference="INV-1007")


def items(body: callbacks.Body) -> list[callbacks.Body]:
    found: list[callbacks.Body] = body["Body"]["stkCallback"]["CallbackMetadata"]["Item"]
    return found


def test_a_paid_push_has_the_five_items_in_their_order(payment: Payment) -> None:
    names = [item["Name"] for item in items(callbacks.stk(payment))]

    assert names == ["Amount", "MpesaReceiptNumber", "Balance", "TransactionDate", "PhoneNumber"]


def test_the_items_values_have_the_types_that_production_sends(payment: Payment) -> None:
    values = {item["Name"]: item.get("Value") for item in items(callbacks.stk(payment))}

    assert values["Amount"] == 250
    assert isinstance(values["Amount"], float)
    assert values["MpesaReceiptNumber"] == payment.receipt
    assert re.fullmatch(r"20261124\d{6}", str(values["TransactionDate"]))
    assert isinstance(values["TransactionDate"], int)
    assert values["PhoneNumber"] == payment.payer
    assert isinstance(values["PhoneNumber"], int)


def test_the_balance_item_has_no_value_at_all(payment: Payment) -> None:
    assert {"Name": "Balance"} in items(callbacks.stk(payment))


def test_a_paid_push_says_so_and_names_its_ids(payment: Payment) -> None:
    callback = callbacks.stk(payment)["Body"]["stkCallback"]

    assert list(callback) == ["MerchantRequestID", "CheckoutRequestID", "ResultCode", "ResultDesc", "CallbackMetadata"]
    assert callback["ResultCode"] == 0
    assert callback["CheckoutRequestID"] == payment.checkout_request_id


@pytest.mark.parametrize("code", callbacks.FAILURES)
def test_a_failed_push_has_a_code_and_prose_and_no_metadata(payment: Payment, code: int) -> None:
    assert callbacks.stk_failed(payment, code)["Body"]["stkCallback"] == {
        "MerchantRequestID": payment.merchant_request_id,
        "CheckoutRequestID": payment.checkout_request_id,
        "ResultCode": code,
        "ResultDesc": callbacks.FAILURES[code],
    }


def test_no_failure_has_the_code_of_success() -> None:
    assert 0 not in callbacks.FAILURES


def test_a_confirmation_is_flat_and_all_text(payment: Payment) -> None:
    body = callbacks.c2b_confirmation(payment)

    assert list(body) == [
        "TransactionType",
        "TransID",
        "TransTime",
        "TransAmount",
        "BusinessShortCode",
        "BillRefNumber",
        "InvoiceNumber",
        "OrgAccountBalance",
        "ThirdPartyTransID",
        "MSISDN",
        "FirstName",
        "MiddleName",
        "LastName",
    ]
    assert {type(value) for value in body.values()} == {str}


def test_a_confirmation_tells_the_payment(payment: Payment) -> None:
    body = callbacks.c2b_confirmation(payment)

    assert (body["TransID"], body["TransAmount"]) == (payment.receipt, "250.00")
    assert (body["BusinessShortCode"], body["BillRefNumber"]) == ("600638", "INV-1007")
    assert re.fullmatch(r"20261124\d{6}", body["TransTime"])
    assert re.fullmatch(r"\d+\.\d\d", body["OrgAccountBalance"])


def test_only_the_first_name_is_filled(payment: Payment) -> None:
    body = callbacks.c2b_confirmation(payment)

    assert (body["FirstName"], body["MiddleName"], body["LastName"]) == (payment.name, "", "")


def test_the_payer_is_masked_with_blanks_and_stars(payment: Payment) -> None:
    body = callbacks.c2b_confirmation(replace(payment, payer=254708374126))

    assert body["MSISDN"] == "2547 ***** 126"


@pytest.mark.parametrize(
    ("is_till", "transaction_type"),
    [pytest.param(False, "Pay Bill", id="paybill"), pytest.param(True, "Customer Merchant Payment", id="till")],
)
def test_the_transaction_type_tells_a_till_from_a_paybill(
    payment: Payment, is_till: bool, transaction_type: str
) -> None:
    body = callbacks.c2b_confirmation(replace(payment, is_till=is_till))

    assert body["TransactionType"] == transaction_type


def test_a_validation_is_the_confirmation_without_the_new_balance(payment: Payment) -> None:
    assert callbacks.c2b_validation(payment) == {**callbacks.c2b_confirmation(payment), "OrgAccountBalance": ""}


@pytest.mark.parametrize("kind", callbacks.BODIES)
def test_the_same_payment_gives_the_same_bytes(payment: Payment, kind: str) -> None:
    again = draw(Random(7), NOW, "600638", amount=Decimal(250), reference="INV-1007")

    assert json.dumps(callbacks.BODIES[kind](payment)) == json.dumps(callbacks.BODIES[kind](again))


def test_twins_name_the_same_receipt(payment: Payment) -> None:
    receipt = next(item["Value"] for item in items(callbacks.stk(payment)) if item["Name"] == "MpesaReceiptNumber")

    assert receipt == callbacks.c2b_confirmation(payment)["TransID"]
