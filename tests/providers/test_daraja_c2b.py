"""C2B, fact by fact: Daraja's C2B pages and what live systems received."""

import json
from decimal import Decimal
from typing import Any

import pytest
from arrivals import arrival, callback, hook, received
from providers_bodies import c2b

from gateway.domain.received import Quarantined, Question
from gateway.pipeline.receive import receive
from gateway.providers import KINDS

KIND = "c2b-confirmation"


def event(**fields: Any) -> Any:
    return arrival(KIND, c2b(**fields)).event


@pytest.mark.parametrize("written", ["Pay Bill", "Buy Goods", "Customer Merchant Payment", ""])
def test_transaction_type_of_customers(written: str) -> None:
    assert event(TransactionType=written).type == "payment.succeeded"


@pytest.mark.parametrize("written", ["Organization Settlement Transfer", "Business to Business Transfer", "Reversal"])
def test_transaction_type_of_settlements(written: str) -> None:
    made = arrival(KIND, c2b(TransactionType=written))
    assert made.event.type == "payment.unknown"
    assert written in (made.facts.notice or "")


def test_trans_id_is_receipt_and_identity() -> None:
    made = arrival(KIND, c2b())
    assert made.event.receipt == made.facts.identity == "UKO7R8T1YB"


def test_trans_time_is_east_africa_time() -> None:
    assert event().as_dict()["occurred_at"] == "2026-11-24T10:15:30+03:00"


@pytest.mark.parametrize(("written", "told"), [("5.00", "5.00"), ("10", "10.00"), ("233.8", "233.80"), (10, "10.00")])
def test_trans_amount_as_text_or_number(written: Any, told: str) -> None:
    assert event(TransAmount=written).as_dict()["amount"] == told


@pytest.mark.parametrize("number", ["60063", "600638", "5012345", 5012345])
def test_business_short_code_of_five_to_seven_digits(number: Any) -> None:
    made = receive(hook(KIND, number=str(number)), callback(KIND, c2b(BusinessShortCode=number), shortcode=str(number)))
    assert not isinstance(made, Quarantined)


@pytest.mark.parametrize("typed", ["inv 7", " INV#7 ", "x" * 20, "ÄÖ", "1e5"])
def test_bill_ref_number_as_typed(typed: str) -> None:
    assert event(BillRefNumber=typed).account_reference == typed


def test_bill_ref_number_of_tills_is_empty() -> None:
    assert event(BillRefNumber="").account_reference is None


def test_invoice_number_and_third_party_id_do_no_harm() -> None:
    assert event(InvoiceNumber="", ThirdPartyTransID="42").receipt == "UKO7R8T1YB"


def test_org_account_balance_is_not_forwarded_by_default() -> None:
    made = event()
    assert made.balances == {"OrgAccountBalance": Decimal(49197)}
    assert "balances" not in made.as_dict()
    assert event(OrgAccountBalance="").balances is None


def test_names_may_be_absent_or_empty() -> None:
    assert event().payer.name == "JOHN"
    assert event(MiddleName="", LastName="").payer.name == "JOHN"
    assert event(FirstName="", MiddleName=None).payer.name is None


@pytest.mark.parametrize("masked", ["2547 ***** 126", "2547*****126", "25470****149"])
def test_msisdn_masked_is_never_stripped_to_digits(masked: str) -> None:
    payer = event(MSISDN=masked).payer
    assert (payer.msisdn, payer.msisdn_masked, payer.msisdn_hash) == (None, masked, None)


@pytest.mark.parametrize("length", [64, 62])
def test_msisdn_hashed(length: int) -> None:
    payer = event(MSISDN="ab" * (length // 2)).payer
    assert (payer.msisdn, payer.msisdn_masked, payer.msisdn_hash) == (None, None, "ab" * (length // 2))


def test_msisdn_plain() -> None:
    payer = event(MSISDN="254700000000").payer
    assert (payer.msisdn, payer.msisdn_masked, payer.msisdn_hash) == ("254700000000", None, None)


def test_validation_accepts_in_sentence_case_with_a_code_as_text() -> None:
    answer = KINDS["c2b-validation"].question
    assert answer is not None
    assert json.loads(answer("accept")) == {"ResultCode": "0", "ResultDesc": "Accepted"}


@pytest.mark.parametrize("code", [f"C2B000{number}" for number in range(11, 17)])
def test_validation_rejects_with_each_code(code: str) -> None:
    answer = KINDS["c2b-validation"].question
    assert answer is not None
    assert json.loads(answer(code)) == {"ResultCode": code, "ResultDesc": "Rejected"}


def test_confirmation_is_always_answered_with_0() -> None:
    assert json.loads(KINDS[KIND].success) == {"ResultCode": 0, "ResultDesc": "Success"}


def test_validation_and_confirmation_have_one_body_and_only_the_url_tells_them_apart() -> None:
    assert isinstance(received("c2b-validation", c2b()), Question)
    assert arrival(KIND, c2b()).event.type == "payment.succeeded"
