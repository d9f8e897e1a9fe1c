"""Faults of public code that takes M-Pesa's callbacks: a test for each that it is not made here."""

import json
from typing import Any

import pytest
from arrivals import arrival, callback, hook, received
from corpus import NAMES, body_of, expected_of, receive_recorded
from providers_bodies import NOTHING, PAID, PARAMETERS, c2b, result, stk

from gateway.domain.received import Arrival, Quarantined, Question
from gateway.pipeline.receive import receive
from gateway.providers import KINDS
from gateway.simulator.callbacks import BODIES


def test_metadata_alone_completes_nothing() -> None:
    """Any POST with CallbackMetadata completed the order, its id taken from the query string."""
    event = arrival("stk", stk(1032), context={"order_id": "7"}).event
    assert (event.type, event.receipt, event.account_reference) == ("payment.failed", None, None)
    assert event.context == {"order_id": "7"}


@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_fields_are_not_read_from_the_first_parameter(kind: str) -> None:
    """Every status field was read from ResultParameter[0]."""
    straight = arrival(kind, result(PARAMETERS[kind])).event.as_dict()
    turned = arrival(kind, result(dict(reversed(PARAMETERS[kind].items())))).event.as_dict()
    assert straight | {"sources": []} == turned | {"sources": []}


def test_a_confirmation_is_never_rejected() -> None:
    """The handler answered ResultCode 1 after a fault of its own: the money had moved."""
    assert json.loads(KINDS["c2b-confirmation"].success)["ResultCode"] == 0
    assert KINDS["c2b-confirmation"].question is None


def test_an_item_without_value_is_no_key_error() -> None:
    assert arrival("stk", stk(items=PAID | {"Balance": NOTHING})).event.type == "payment.succeeded"


def test_result_code_as_text_0_is_a_success() -> None:
    assert arrival("stk", stk("0")).event.type == "payment.succeeded"


def test_a_duplicate_has_the_same_identity_and_event_id() -> None:
    """No duplicate guard."""
    first, again = arrival("stk", stk()), arrival("stk", stk())
    assert (first.facts.identity, first.event.id) == (again.facts.identity, again.event.id)
    assert first.facts.digest("600638") == again.facts.digest("600638")


@pytest.mark.parametrize(
    ("kind", "body", "path"),
    [
        ("c2b-confirmation", c2b(TransID="  "), "$.TransID"),
        ("stk", stk(items=PAID | {"MpesaReceiptNumber": " "}), "$.Body.stkCallback.CallbackMetadata.Item[1].Value"),
        ("stk", stk(CheckoutRequestID=" "), "$.Body.stkCallback.CheckoutRequestID"),
        ("b2c-result", result(code=1, ConversationID=" ", OriginatorConversationID="\t"), "$.Result.ConversationID"),
    ],
)
def test_blanks_are_no_id(kind: str, body: dict[str, Any], path: str) -> None:
    """They would be one and the same id for many payments."""
    made = received(kind, body)
    assert isinstance(made, Quarantined)
    assert made.path == path


def test_blanks_are_no_key_beside_another_id() -> None:
    made = arrival("b2c-result", result(PARAMETERS["b2c-result"], ConversationID=" "))
    assert (made.event.ids.conversation_id, made.facts.identity) == (None, "o-1")
    notice = arrival("timeout", {"ConversationID": " ", "OriginatorConversationID": "o-1"})
    assert notice.facts.keys == (("originator", "o-1"),)
    asked = arrival("status-result", result(PARAMETERS["status-result"] | {"ReceiptNo": " "}))
    assert "receipt" not in dict(asked.facts.subject)


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_no_item_is_read_by_its_position(turn: int) -> None:
    rows = list(PAID.items())
    event = arrival("stk", stk(items=dict(rows[turn:] + rows[:turn]))).event
    assert (event.receipt, event.payer.msisdn, event.as_dict()["amount"]) == ("UKO7R8T1YB", "254700000000", "1500.00")


@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_a_result_code_need_not_be_a_number(kind: str) -> None:
    """It was typed Long: SFC_IC0003 could not be parsed."""
    assert arrival(kind, result(None, code="SFC_IC0003")).event.result.code == "SFC_IC0003"


def test_values_need_not_be_text() -> None:
    assert arrival("stk", stk(items=PAID | {"Balance": {"a": [1]}})).event.type == "payment.succeeded"


def test_parameters_are_read_under_key_and_not_name() -> None:
    named = result([{"Name": name, "Value": value} for name, value in PARAMETERS["b2c-result"].items()])
    made = received("b2c-result", named)
    assert isinstance(made, Quarantined)
    assert made.path == "$.Result.ResultParameters.ResultParameter[0]"


def test_parameters_are_not_looked_for_in_swapped_places() -> None:
    body = result(None)
    body["Result"]["ResultParameter"] = {"ResultParameters": [{"Key": "TransactionAmount", "Value": 1}]}
    assert isinstance(received("b2c-result", body), Quarantined)


def test_amounts_are_no_floats_and_shortcodes_no_numbers() -> None:
    event = arrival("c2b-confirmation", c2b(TransAmount="999999999999.99")).event
    assert event.as_dict()["amount"] == "999999999999.99"
    assert isinstance(event.shortcode, str)


def test_validation_is_told_from_confirmation_by_the_url() -> None:
    """It was told by the absence of TransID, which both have."""
    assert isinstance(received("c2b-validation", c2b()), Question)
    assert isinstance(received("c2b-confirmation", c2b()), Arrival)


def test_the_kind_of_a_result_is_not_guessed_from_its_keys() -> None:
    assert arrival("b2pochi-result", result(PARAMETERS["b2c-result"])).event.kind == "b2pochi-result"


def test_a_single_parameter_does_not_crash() -> None:
    made = arrival("b2b-result", result({"Key": "BOCompletedTime", "Value": 20261124100918}, code=1))
    assert made.event.type == "transfer.failed"


def test_no_signature_is_asked_for() -> None:
    """M-Pesa sends none."""
    assert isinstance(receive(hook("stk"), callback("stk", stk(), headers={})), Arrival)


def test_a_timeout_is_told_from_a_result_by_its_url() -> None:
    """One URL served for both."""
    body = result(PARAMETERS["b2c-result"])
    assert arrival("b2c-result", body).event.type == "payout.succeeded"
    assert arrival("timeout", body, context={"for": "b2c-result"}).event.type == "payout.unknown"


def test_the_source_is_what_authentication_decided() -> None:
    """The left-most X-Forwarded-For was believed."""
    forged = callback("stk", stk(), headers={"X-Forwarded-For": "196.201.214.200"}, source="203.0.113.9")
    assert receive(hook("stk"), forged).callback.source == "203.0.113.9"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"null", b'{"a":NaN}'])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_body_that_cannot_be_read_is_kept(kind: str, body: bytes) -> None:
    """200 was answered on a parse error, and the body thrown away."""
    made = received(kind, body)
    assert isinstance(made, Quarantined)
    assert made.callback.body == body


def test_a_failure_code_is_not_echoed_as_the_answer() -> None:
    answers: set[Any] = {json.loads(kind.success).get("ResultCode") for kind in KINDS.values()}
    assert answers == {0, "0", None}


def test_two_hashes_do_not_collide() -> None:
    """The number was cut to 15 characters."""
    one, other = "a" * 15 + "b" * 49, "a" * 15 + "c" * 49
    told = {arrival("c2b-confirmation", c2b(MSISDN=hashed)).event.payer.msisdn_hash for hashed in (one, other)}
    assert told == {one, other}


def test_there_is_a_double_of_every_callback() -> None:
    """A test double answered requests and sent no callback."""
    assert set(BODIES) == set(KINDS)


@pytest.mark.parametrize("name", [name for name in NAMES if "quarantine" in expected_of(name)])
def test_what_is_not_understood_is_kept_to_the_byte(name: str) -> None:
    assert receive_recorded(name).callback.body == body_of(name)
