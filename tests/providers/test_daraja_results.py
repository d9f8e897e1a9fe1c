"""The Result family, fact by fact: Daraja's pages of each API and captured bodies."""

import time
from decimal import Decimal
from typing import Any

import pytest
from arrivals import arrival, received
from providers_bodies import BALANCE, NOTHING, PARAMETERS, PAYOUT, REVERSAL, STATUS, TRANSFER, result

from gateway.domain.received import Arrival, Quarantined, Reason
from gateway.providers import KINDS
from gateway.providers.mpesa import result as envelope

KINDS_WITH_RESULT = sorted(PARAMETERS)
MONEY = ["b2c-result", "b2pochi-result", "b2b-result", "tax-result", "reversal-result"]


def event(kind: str, parameters: Any = None, **fields: Any) -> Any:
    wanted = PARAMETERS[kind] if parameters is None else parameters
    return arrival(kind, result(wanted, **fields)).event


@pytest.mark.parametrize("kind", KINDS_WITH_RESULT)
def test_the_envelope_gives_identity_and_ids(kind: str) -> None:
    made = arrival(kind, result(PARAMETERS[kind]))
    assert made.facts.identity == "AG_1/o-1"
    assert (made.event.ids.conversation_id, made.event.ids.originator_conversation_id) == ("AG_1", "o-1")
    assert {("originator", "o-1"), ("conversation", "AG_1")} <= set(made.facts.keys)


@pytest.mark.parametrize("kind", KINDS_WITH_RESULT)
def test_hazard_1_parameters_as_list_or_one_object(kind: str) -> None:
    one = {"Key": "BOCompletedTime", "Value": 20261124100918}
    for held in (one, [one]):
        made = event(kind, held, code=1 if kind != "status-result" else 0)
        assert made.as_dict()["occurred_at"] == "2026-11-24T10:09:18+03:00"
    for references in ({"Key": "QueueTimeoutURL"}, [{"Key": "QueueTimeoutURL"}, {"Key": "BillReferenceNumber"}]):
        assert event(kind, ReferenceData={"ReferenceItem": references}).kind == kind


@pytest.mark.parametrize("kind", KINDS_WITH_RESULT)
def test_hazard_2_parameters_missing_or_there_without_success(kind: str) -> None:
    assert arrival(kind, result(None, code=2001)).event.outcome.text in ("failed", "unknown")
    failed = event(kind, {"ActionType": "x", "ErrorMsg": "y", "BOCompletedTime": 20261124100918}, code=2001)
    assert failed.outcome.text != "succeeded"


@pytest.mark.parametrize("kind", KINDS_WITH_RESULT)
@pytest.mark.parametrize("key", ["TransactionReason", "Occasion", "Occassion", "QueueTimeoutURL"])
def test_hazard_3_a_key_without_value(kind: str, key: str) -> None:
    assert event(kind, PARAMETERS[kind] | {key: NOTHING}).outcome.text == "succeeded"


def test_hazard_4_the_same_key_twice_loses_none() -> None:
    body = result(STATUS)
    twice = {"Key": "DebitPartyName", "Value": "254708374149 - John Doe"}
    body["Result"]["ResultParameters"]["ResultParameter"].append(twice)
    made = arrival("status-result", body).event
    assert (made.payer.name, made.payee.name, made.payee.msisdn) == ("600638 - Duka", "John Doe", "254708374149")
    assert envelope.pivot(body)["ResultParameters"]["DebitPartyName#2"] == twice["Value"]


@pytest.mark.parametrize("kind", ["b2c-result", "b2b-result", "reversal-result", "status-result"])
def test_hazard_4_two_amounts_are_a_guess_and_not_booked(kind: str) -> None:
    name = "TransactionAmount" if kind == "b2c-result" else "Amount"
    body = result(PARAMETERS[kind])
    pairs = body["Result"]["ResultParameters"]["ResultParameter"]
    (told,) = [pair["Value"] for pair in pairs if pair["Key"] == name]
    pairs.append({"Key": name, "Value": told})
    assert isinstance(received(kind, body), Arrival)
    pairs.append({"Key": name, "Value": "7.00"})
    made = received(kind, body)
    assert isinstance(made, Quarantined)
    assert made.path == f"$.Result.ResultParameters.ResultParameter[{len(pairs) - 1}].Value"


def test_hazard_4_two_receipts_are_a_guess_and_not_booked() -> None:
    body = result(PARAMETERS["b2c-result"])
    body["Result"]["ResultParameters"]["ResultParameter"].append({"Key": "TransactionReceipt", "Value": "UKO0000ABC"})
    assert isinstance(received("b2c-result", body), Quarantined)


def test_hazard_4_thousands_of_one_key_do_not_hold_up_the_others() -> None:
    """It took seconds, in which no other callback was taken and no question answered."""
    body = result([{"Key": "DebitPartyName"}] * 5000 + [{"Key": "Amount", "Value": "x"}])
    began = time.process_time()
    made = received("status-result", body)
    assert time.process_time() - began < 1
    assert isinstance(made, Quarantined)
    assert made.path == "$.Result.ResultParameters.ResultParameter[5000].Value"


def test_hazard_4_older_spellings() -> None:
    older = {name: value for name, value in STATUS.items() if name not in ("FinalisedTime", "ConversationID")}
    older |= {"FinalizedTime": 20261124105949, "Conversation ID": "AG_s", "CreditPartyName": "254708374149 - John Doe"}
    made = event("status-result", older)
    assert made.as_dict()["occurred_at"] == "2026-11-24T10:59:49+03:00"
    assert made.payee.msisdn == "254708374149"


@pytest.mark.parametrize("kind", KINDS_WITH_RESULT)
def test_hazard_5_codes_and_types_as_number_or_text(kind: str) -> None:
    made = {event(kind, code=code, ResultType=type_).type for code in (0, "0") for type_ in (0, "0")}
    assert len(made) == 1
    assert made.pop().endswith(".succeeded")


@pytest.mark.parametrize("code", ["SFC_IC0003", "R000001", "R000002"])
def test_hazard_5_codes_that_are_no_numbers(code: str) -> None:
    made = arrival("reversal-result", result(None, code=code)).event
    assert (made.type, made.result.code) == ("reversal.failed", code)


@pytest.mark.parametrize("kind", MONEY)
@pytest.mark.parametrize("placeholder", ["NLJ0000000", "OAK0000000", "SKE0000000", "0000000000"])
def test_hazard_6_a_placeholder_is_neither_key_nor_receipt(kind: str, placeholder: str) -> None:
    failed = arrival(kind, result(None, code=2001, TransactionID=placeholder))
    succeeded = {name: value for name, value in PARAMETERS[kind].items() if name != "TransactionReceipt"}
    paid = arrival(kind, result(succeeded, TransactionID=placeholder))
    for made in (failed, paid):
        assert made.event.receipt is None
        assert placeholder not in {value for _, value in made.facts.keys}
        assert placeholder not in made.facts.identity


@pytest.mark.parametrize("written", ["19.12.2019 11:45:50", 20191219114550, "20191219114550"])
def test_hazard_7_times_day_first_or_fourteen_digits(written: Any) -> None:
    made = event("b2c-result", PAYOUT | {"TransactionCompletedDateTime": written})
    assert made.as_dict()["occurred_at"] == "2019-12-19T11:45:50+03:00"


@pytest.mark.parametrize("kind", KINDS_WITH_RESULT)
@pytest.mark.parametrize("waiting", [1, "1"])
def test_hazard_8_result_type_1_is_not_final(kind: str, waiting: Any) -> None:
    assert event(kind, ResultType=waiting).outcome.text == "unknown"


@pytest.mark.parametrize("dash", ["-", "–"])
def test_hazard_9_public_names_with_hyphen_or_en_dash(dash: str) -> None:
    customer = event("b2c-result", PAYOUT | {"ReceiverPartyPublicName": f"254708374149 {dash} John Doe"}).payee
    assert (customer.msisdn, customer.name) == ("254708374149", "John Doe")
    business = event("b2b-result", TRANSFER | {"ReceiverPartyPublicName": f"000200 {dash} Biller"}).payee
    assert (business.msisdn, business.name) == (None, f"000200 {dash} Biller")


def test_hazard_10_the_broken_samples_of_the_pages_are_kept_as_unreadable() -> None:
    made = received(
        "b2b-result", b'{"Result":{"ResultType":"0","OriginatorConversationID":"626f6ddf,"ConversationID":1},}'
    )
    assert isinstance(made, Quarantined)
    assert made.reason is Reason.UNREADABLE


def test_hazard_11_the_code_wins_over_the_prose() -> None:
    made = event("reversal-result", code="21", ResultDesc="The service request is processed successfully.")
    assert (made.type, made.receipt) == ("reversal.failed", None)


@pytest.mark.parametrize("kind", ["b2c-result", "b2pochi-result"])
def test_b2c_and_b2pochi(kind: str) -> None:
    made = event(kind)
    assert (made.type, made.amount, made.receipt) == ("payout.succeeded", Decimal(10), "UKO7R8T1YB")
    assert made.balances == {"B2CChargesPaidAccountAvailableFunds": Decimal(-4510)}
    assert arrival(kind, result(PAYOUT)).facts.direction == "out"


@pytest.mark.parametrize(("kind", "family"), [("b2b-result", "transfer"), ("tax-result", "tax")])
def test_b2b_and_tax(kind: str, family: str) -> None:
    reference = {"ReferenceItem": [{"Key": "BillReferenceNumber", "Value": 19008}]}
    made = event(kind, ReferenceData=reference)
    assert (made.type, made.amount, made.account_reference) == (f"{family}.succeeded", Decimal(190), "19008")
    assert (made.fees, made.balances) == (None, {"DebitAccountBalance": Decimal("6186.83")})
    live = event(kind, TRANSFER | {"Occassion": NOTHING})
    assert live.account_reference is None


def test_reversal() -> None:
    made = arrival("reversal-result", result(REVERSAL))
    assert (made.event.type, made.event.receipt) == ("reversal.succeeded", "UKO7R8T1YB")
    assert (made.event.original_receipt, made.event.fees) == ("UKO41JRQX2", Decimal(0))
    assert made.event.balances == {"Utility Account": Decimal("7722179.62")}
    # It changes its subject and makes no payment of its own.
    assert dict(made.facts.keys) == {"originator": "o-1", "conversation": "AG_1"}


STATES = {
    "Completed": "succeeded",
    "Cancelled": "failed",
    "Declined": "failed",
    "Expired": "failed",
    "Failed": "failed",
    "Initiated": "unknown",
    "Authorized": "unknown",
    "Pending": "unknown",
    "Something New": "unknown",
}


@pytest.mark.parametrize("state", STATES)
def test_transaction_status_is_the_state_of_the_payment(state: str) -> None:
    made = arrival("status-result", result(STATUS | {"TransactionStatus": state}))
    assert made.event.type == f"status.{STATES[state]}"
    assert (made.event.original_receipt, made.event.receipt, made.event.fees) == ("UKO41JRQX2", None, Decimal("22.40"))
    assert dict(made.facts.keys) == {"originator": "o-1", "conversation": "AG_1"}


@pytest.mark.parametrize("code", [2032, "2032", 1, 21, 2001])
def test_transaction_status_the_result_code_is_about_the_query(code: Any) -> None:
    assert event("status-result", code=code).type == "status.unknown"


def test_account_balance() -> None:
    made = event("balance-result")
    assert made.balances == {"Working Account": Decimal(700000), "Utility Account": Decimal(-5)}
    assert (made.type, made.amount, made.currency, made.receipt) == ("balance.succeeded", None, None, None)
    assert made.as_dict()["occurred_at"] == "2026-11-24T10:09:18+03:00"


FAILED = [
    "1", "2", "3", "4", "7", "8", "11", "13", "14", "17", "18", "20", "21", "24", "25", "26", "2001", "2006", "2028",
    "2040", "8006", "SFC_IC0003",
]  # fmt: skip


@pytest.mark.parametrize("code", FAILED)
@pytest.mark.parametrize("kind", [*MONEY, "balance-result"])
def test_code_is_failed(kind: str, code: str) -> None:
    assert arrival(kind, result(None, code=code)).event.outcome.text == "failed"


@pytest.mark.parametrize("code", ["15", "22", "29", "100000000", "100000001", "100000011", "4711"])
@pytest.mark.parametrize("kind", KINDS_WITH_RESULT)
def test_code_is_unknown(kind: str, code: str) -> None:
    assert arrival(kind, result(None, code=code)).event.outcome.text == "unknown"


@pytest.mark.parametrize("code", ["R000001", "R000002"])
def test_codes_of_reversals_mean_nothing_elsewhere(code: str) -> None:
    assert arrival("b2c-result", result(None, code=code)).event.type == "payout.unknown"


@pytest.mark.parametrize("body", [b"{}", b'{"Result":{"ConversationID":"AG_1"}}', b'{"Result":7}', b'{"a":[1]}'])
def test_queue_time_out_is_unknown_whatever_its_body(body: bytes) -> None:
    made = arrival("timeout", body, context={"for": "b2c-result"})
    assert (made.event.type, made.facts.direction) == ("payout.unknown", "out")
    assert made.callback.body == body


@pytest.mark.parametrize("kind", [*KINDS_WITH_RESULT, "nonsense", ""])
def test_queue_time_out_is_of_the_family_that_the_url_names(kind: str) -> None:
    made = arrival("timeout", {}, context={"for": kind}).event
    families = {name: event(name).type.partition(".")[0] for name in KINDS_WITH_RESULT}
    assert made.type == f"{families.get(kind, 'request')}.unknown"


def test_balance_fixture_is_of_the_documented_form() -> None:
    assert BALANCE["AccountBalance"].count("|") == 10
    assert set(PARAMETERS) < set(KINDS)
