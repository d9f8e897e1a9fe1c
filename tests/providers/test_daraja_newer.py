"""Ratiba, B2B Express CheckOut, Bill Manager, Pull and QR, fact by fact: Daraja's pages."""

import json
from decimal import Decimal
from typing import Any

import pytest
from arrivals import arrival, received
from corpus import body_of
from providers_bodies import c2b

from gateway.domain.received import Quarantined, Reason
from gateway.providers import KINDS


def recorded(name: str) -> Any:
    return json.loads(body_of(name))


def test_ratiba_success_reports_the_mandate_and_no_amount() -> None:
    made = arrival("ratiba", body_of("ratiba/success"))
    assert (made.event.type, made.event.amount, made.event.currency) == ("mandate.succeeded", None, None)
    assert made.event.payer.msisdn_masked == "254******867"
    # The mandate's transaction id must not be taken for a payment's receipt.
    assert made.facts.keys == ()


def test_ratiba_failure_in_the_other_spelling() -> None:
    event = arrival("ratiba", body_of("ratiba/no_answer")).event
    assert (event.type, event.result.code, event.receipt) == ("mandate.failed", "1037", None)


@pytest.mark.parametrize("code", ["1001", "1025", "1032", "1037", "2001", "1050", "1051"])
def test_ratiba_codes(code: str) -> None:
    body = recorded("ratiba/success")
    body["responseHeader"]["responseCode"] = code
    assert arrival("ratiba", body).event.type == "mandate.failed"


def test_ratiba_identity_is_response_and_request_id() -> None:
    body = recorded("ratiba/success")
    first = arrival("ratiba", body).facts.identity
    body["responseHeader"]["requestRefID"] = "other"
    assert arrival("ratiba", body).facts.identity != first


def test_ratiba_the_same_name_in_two_spellings_is_kept_apart() -> None:
    body = recorded("ratiba/success")
    body["responseHeader"]["ResponseCode"] = "1032"
    made = received("ratiba", body)
    assert isinstance(made, Quarantined)
    assert made.path == "$.responseHeader"


def test_b2b_express_success_is_a_payment_that_comes_in() -> None:
    made = arrival("b2b-express", body_of("b2b-express/success"))
    assert (made.event.type, made.event.amount, made.event.receipt) == (
        "payment.succeeded",
        Decimal(71),
        "RDQ01NFT1Q",
    )
    assert made.facts.direction == "in"
    assert made.facts.identity == made.event.ids.originator_conversation_id


@pytest.mark.parametrize("code", ["4001", "4102", "4104", "4201", "4203"])
def test_b2b_express_failures(code: str) -> None:
    body = recorded("b2b-express/cancelled") | {"resultCode": code}
    event = arrival("b2b-express", body).event
    assert (event.type, event.result.code) == ("payment.failed", code)


def test_b2b_express_in_a_result_envelope_is_not_what_comes() -> None:
    made = received("b2b-express", {"Result": recorded("b2b-express/success")})
    assert isinstance(made, Quarantined)
    assert made.reason is Reason.NEW_SHAPE


@pytest.mark.parametrize("amount", ["800", 800, "800.00"])
def test_bill_manager_numbers_as_text_or_number(amount: Any) -> None:
    body = recorded("bill-manager/text") | {"paidAmount": amount}
    assert arrival("bill-manager", body).event.as_dict()["amount"] == "800.00"


def test_bill_manager_date_without_time() -> None:
    event = arrival("bill-manager", body_of("bill-manager/text")).event
    assert event.as_dict()["occurred_at"] == "2026-11-24T00:00:00+03:00"


def test_bill_manager_is_answered_with_its_own_body_or_it_tries_five_times() -> None:
    assert KINDS["bill-manager"].success == b'{"resmsg":"Success","rescode":"200"}'


def test_bill_manager_again_has_the_same_identity_and_facts() -> None:
    first, again = (arrival("bill-manager", body_of("bill-manager/text")).facts for _ in range(2))
    assert (first.identity, first.digest("600638")) == (again.identity, again.digest("600638"))


@pytest.mark.parametrize("body", [b"{}", b'{"Response":[[]]}', body_of("pull/query_answer")])
def test_pull_takes_any_object_and_books_nothing(body: bytes) -> None:
    made = arrival("pull", body)
    assert (made.event.type, made.event.amount, made.facts.keys) == ("request.unknown", None, ())
    assert made.facts.identity == made.callback.body_digest


def test_dynamic_qr_and_bonga_come_as_c2b() -> None:
    assert not {"qr", "bonga"} & set(KINDS)
    assert arrival("c2b-confirmation", c2b()).event.type == "payment.succeeded"
