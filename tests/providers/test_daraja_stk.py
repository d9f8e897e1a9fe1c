"""STK push callbacks, fact by fact: Daraja's M-Pesa Express page and what live systems received."""

from decimal import Decimal
from typing import Any

import pytest
from arrivals import arrival, received
from providers_bodies import NOTHING, PAID, stk

from gateway.domain.outcome import Outcome
from gateway.domain.received import Quarantined
from gateway.providers.mpesa.code_rows import CODES
from gateway.providers.mpesa.codes import outcome_of


def paid(**items: Any) -> Any:
    return arrival("stk", stk(items=PAID | items)).event


def test_success_and_failure_of_the_documented_form() -> None:
    assert paid().type == "payment.succeeded"
    failure = arrival("stk", stk(1032, None)).event
    assert (failure.type, failure.amount, failure.result.code) == ("payment.failed", None, "1032")


@pytest.mark.parametrize(
    "balance", [NOTHING, None, 0, "", "{Amount={CurrencyCode=KES, MinimumAmount=1, BasicAmount=0.01}}", "49197.00"]
)
def test_balance_may_lack_its_value_or_have_any(balance: Any) -> None:
    assert paid(Balance=balance).amount == Decimal(1500)


@pytest.mark.parametrize("amount", [1, 1.0, "1", "1.00"])
def test_amount_as_number_or_text(amount: Any) -> None:
    assert paid(Amount=amount).as_dict()["amount"] == "1.00"


def test_amount_keeps_decimals() -> None:
    assert paid(Amount=233.8).as_dict()["amount"] == "233.80"


@pytest.mark.parametrize("written", [20230426123000, "20230426123000", "2023-04-26 12:30:00"])
def test_transaction_date_is_east_africa_time(written: Any) -> None:
    assert paid(TransactionDate=written).as_dict()["occurred_at"] == "2023-04-26T12:30:00+03:00"


@pytest.mark.parametrize(
    ("phone", "form", "told"),
    [
        (254700000000, "msisdn", "254700000000"),
        (254100000000, "msisdn", "254100000000"),
        ("2547 ***** 126", "msisdn_masked", "2547 ***** 126"),
        ("ab" * 32, "msisdn_hash", "ab" * 32),
    ],
)
def test_phone_number_whole_masked_or_hashed(phone: Any, form: str, told: str) -> None:
    payer = paid(PhoneNumber=phone).as_dict()["payer"]
    assert {name: value for name, value in payer.items() if value} == {form: told}


@pytest.mark.parametrize("merchant", ["29115-34620561-1", "5220-40e9-bb16-c78ea820338d11816350"])
def test_ids_old_and_new(merchant: str) -> None:
    checkout = "ws_CO_02042024170008357715000000"
    made = arrival("stk", stk(MerchantRequestID=merchant, CheckoutRequestID=checkout))
    assert (made.event.ids.merchant_request_id, made.event.ids.checkout_request_id) == (merchant, checkout)
    assert made.facts.identity == checkout


@pytest.mark.parametrize("code", [0, "0"])
def test_result_code_as_number_or_text(code: Any) -> None:
    assert arrival("stk", stk(code)).event.type == "payment.succeeded"


def test_result_code_sfc_ic0003() -> None:
    event = arrival("stk", stk("SFC_IC0003", None)).event
    assert (event.type, event.result.code) == ("payment.failed", "SFC_IC0003")


@pytest.mark.parametrize("prose", ["DS timeout user cannot be reached.", "No response from user.", "", None])
def test_result_desc_is_not_a_contract(prose: Any) -> None:
    assert arrival("stk", stk(1037, None, ResultDesc=prose)).event.type == "payment.failed"


def test_order_of_items_carries_no_meaning() -> None:
    turned = stk(items=dict(reversed(PAID.items())))
    assert arrival("stk", turned).event.as_dict() | {"sources": []} == paid().as_dict() | {"sources": []}


def test_a_callback_needs_nothing_that_is_known_of_its_push() -> None:
    """It may come before the push's own HTTP answer."""
    assert paid().ids.checkout_request_id == "ws_CO_1"


FAILED = [
    "1", "2", "3", "4", "8", "17", "26", "1001", "1019", "1025", "9999", "1031", "1036", "1032", "1037", "2001",
    "2028", "SFC_IC0003", "8006",
]  # fmt: skip


@pytest.mark.parametrize("code", FAILED)
def test_code_is_failed(code: str) -> None:
    number = int(code) if code.isdigit() else code
    assert {arrival("stk", stk(written, None)).event.type for written in (code, number)} == {"payment.failed"}


def test_code_0_is_succeeded() -> None:
    assert outcome_of("stk", "0") is Outcome.SUCCEEDED


def test_code_4999_is_unknown() -> None:
    assert arrival("stk", stk("4999", None)).event.type == "payment.unknown"


@pytest.mark.parametrize("code", ["77", "500.001.1001", "SFC_IC0004", "00", "-1", "R000001", "C2B00011"])
def test_an_unlisted_code_is_unknown(code: str) -> None:
    assert arrival("stk", stk(code, None)).event.type == "payment.unknown"


def test_every_listed_code_is_tested_here() -> None:
    assert {row.code for row in CODES if row.api == "stk"} == {*FAILED, "0", "4999"}


def test_a_paid_push_without_its_items_is_kept_and_not_booked() -> None:
    assert isinstance(received("stk", stk(0, None)), Quarantined)
