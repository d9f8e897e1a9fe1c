"""What an authenticated callback is, before anything is written."""

import json
from decimal import Decimal
from typing import Any

import pytest
from arrivals import KEY, arrival, callback, hook, hooks, received, shortcode, stored_and_read
from corpus import NAMES, body_of, expected_of, receive_recorded
from fuzz.judge import judge
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import c2b, stk

from gateway.domain.ids import derived_id
from gateway.domain.outcome import Outcome
from gateway.domain.received import Arrival, Quarantined, Question, Reason
from gateway.pipeline.receive import receive
from gateway.providers import KINDS


def quarantined(kind: str, body: Any, **overrides: Any) -> Quarantined:
    made = received(kind, body, **overrides)
    assert isinstance(made, Quarantined), made
    return made


def with_item(body: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Change the value of one item."""
    for item in body["Body"]["stkCallback"]["CallbackMetadata"]["Item"]:
        if item["Name"] == name:
            item["Value"] = value
    return body


def without_item(body: dict[str, Any], name: str) -> dict[str, Any]:
    metadata = body["Body"]["stkCallback"]["CallbackMetadata"]
    metadata["Item"] = [item for item in metadata["Item"] if item["Name"] != name]
    return body


def stk_with(**fields: Any) -> dict[str, Any]:
    body = stk("ws_CO_1")
    body["Body"]["stkCallback"] |= fields
    return body


AT = "$.Body.stkCallback"
ITEMS = f"{AT}.CallbackMetadata.Item"

NEW_SHAPES: list[tuple[str, Any, str]] = [
    ("stk", [], "$.Body"),
    ("stk", 7, "$.Body"),
    ("stk", None, "$.Body"),
    ("stk", {"Body": []}, "$.Body"),
    ("stk", {"Body": {"stkcallback": {}}}, AT),
    ("stk", {"Body": {"stkCallback": {}}}, AT),
    ("stk", stk_with(CheckoutRequestID=""), f"{AT}.CheckoutRequestID"),
    ("stk", stk_with(CheckoutRequestID="a\x00b"), f"{AT}.CheckoutRequestID"),
    ("stk", stk_with(CheckoutRequestID="x" * 129), f"{AT}.CheckoutRequestID"),
    ("stk", stk_with(ResultCode=True), f"{AT}.ResultCode"),
    ("stk", stk_with(ResultCode=None), f"{AT}.ResultCode"),
    ("stk", stk_with(ResultCode=0.5), f"{AT}.ResultCode"),
    ("stk", stk_with(ResultDesc="a\x00b"), f"{AT}.ResultDesc"),
    ("stk", stk_with(CallbackMetadata=[]), f"{AT}.CallbackMetadata"),
    ("stk", stk_with(CallbackMetadata={}), ITEMS),
    ("stk", stk_with(CallbackMetadata={"Item": {}}), ITEMS),
    ("stk", stk_with(CallbackMetadata={"Item": [7]}), f"{ITEMS}[0]"),
    ("stk", stk_with(CallbackMetadata={"Item": [{"Name": "A"}, {"Value": 1}]}), f"{ITEMS}[1]"),
    (
        "stk",
        stk_with(CallbackMetadata={"Item": [{"Name": "Amount", "Value": 1}, {"Name": "Amount", "Value": 2}]}),
        f"{ITEMS}[1]",
    ),
    # Paid, but without what a payment needs.
    ("stk", stk_with(CallbackMetadata=None), AT),
    ("stk", without_item(stk("ws_CO_1"), "Amount"), f"{AT}.CallbackMetadata"),
    ("stk", without_item(stk("ws_CO_1"), "MpesaReceiptNumber"), f"{AT}.CallbackMetadata"),
    ("stk", with_item(stk("ws_CO_1"), "Amount", None), f"{ITEMS}[0].Value"),
    ("stk", with_item(stk("ws_CO_1"), "MpesaReceiptNumber", None), f"{ITEMS}[1].Value"),
    ("stk", with_item(stk("ws_CO_1"), "MpesaReceiptNumber", ""), f"{ITEMS}[1].Value"),
    ("stk", with_item(stk("ws_CO_1"), "Amount", "1,000"), f"{ITEMS}[0].Value"),
    ("stk", with_item(stk("ws_CO_1"), "Amount", True), f"{ITEMS}[0].Value"),
    ("stk", with_item(stk("ws_CO_1"), "TransactionDate", 20241302000000), f"{ITEMS}[3].Value"),
    ("stk", with_item(stk("ws_CO_1"), "PhoneNumber", []), f"{ITEMS}[4].Value"),
    # A field of the same name in another place does not draw the path to it.
    ("stk", with_item(stk_with(Amount=1), "Amount", "1,000"), f"{ITEMS}[0].Value"),
    ("stk", with_item(stk_with(PhoneNumber=1), "PhoneNumber", []), f"{ITEMS}[4].Value"),
    ("c2b-confirmation", [], "$"),
    ("c2b-confirmation", {}, "$"),
    ("c2b-confirmation", c2b(""), "$.TransID"),
    ("c2b-confirmation", c2b("a\x00b"), "$.TransID"),
    ("c2b-confirmation", c2b("UKO7", amount="1,000"), "$.TransAmount"),
    ("c2b-confirmation", c2b("UKO7", amount="-5"), "$.TransAmount"),
    ("c2b-confirmation", c2b("UKO7", TransTime=""), "$.TransTime"),
    ("c2b-confirmation", c2b("UKO7", TransTime="20261324101530"), "$.TransTime"),
    ("c2b-confirmation", c2b("UKO7", BillRefNumber="INV\x00"), "$.BillRefNumber"),
    ("c2b-confirmation", c2b("UKO7", BillRefNumber=["INV-7"]), "$.BillRefNumber"),
    ("c2b-confirmation", c2b("UKO7", MSISDN=7.5), "$.MSISDN"),
]


def found_at(document: Any, path: str) -> bool:
    """Tell whether a JSON path leads to a place of the document."""
    for step in path.replace("[", ".[").split(".")[1:]:
        try:
            document = document[int(step[1:-1])] if step.startswith("[") else document[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


@pytest.mark.parametrize(("kind", "body", "path"), NEW_SHAPES, ids=lambda value: repr(value)[-50:])
def test_a_new_shape_is_kept_with_its_place_in_the_body_as_it_came(kind: str, body: Any, path: str) -> None:
    written = json.dumps(body).encode()
    made = quarantined(kind, written)
    assert (made.reason, made.path) == (Reason.NEW_SHAPE, path)
    assert made.callback.body == written
    assert made.detail
    missing = not isinstance(body, dict) or not body.get("Body") or path in (AT, ITEMS)
    assert found_at(body, path) or missing


def test_a_success_with_a_blank_in_its_code_is_never_a_payment_without_an_amount() -> None:
    """The schema asked for amount and receipt of `0`, the normaliser took ` 0 ` for a success too."""
    body = stk_with(ResultCode=" 0 ")
    assert arrival("stk", body).event.amount == Decimal(1500)
    body["Body"]["stkCallback"].pop("CallbackMetadata")
    assert quarantined("stk", body).reason is Reason.NEW_SHAPE


def test_a_failure_may_carry_metadata_without_values() -> None:
    body = stk_with(ResultCode=1032)
    for name in ("Amount", "MpesaReceiptNumber", "PhoneNumber", "TransactionDate"):
        with_item(body, name, None)
    event = arrival("stk", body).event
    assert (event.type, event.amount, event.receipt) == ("payment.failed", None, None)


def test_a_placeholder_receipt_of_a_failure_is_no_receipt() -> None:
    made = arrival("stk", stk_with(ResultCode=1))
    assert made.event.receipt is None
    assert made.facts.keys == (("checkout", "ws_CO_1"),)


def test_a_huge_balance_is_left_out() -> None:
    """It was written out, every zero of it."""
    body = json.dumps(c2b("UKO7")).replace('"49197.00"', "1e999999999").encode()
    event = arrival("c2b-confirmation", body).event
    assert (event.receipt, event.balances) == ("UKO7", None)


@pytest.mark.parametrize(
    ("balance", "expected"),
    [
        ("49197.00", Decimal(49197)),
        ("-20.50", Decimal("-20.50")),
        (7, Decimal(7)),
        ("", None),
        (None, None),
        ("1,000", None),
        ("--1", None),
        ("a\x00", None),
    ],
)
def test_an_odd_balance_costs_no_payment(balance: Any, expected: Decimal | None) -> None:
    event = arrival("c2b-confirmation", c2b("UKO7", OrgAccountBalance=balance)).event
    assert event.balances == (None if expected is None else {"OrgAccountBalance": expected})


UNLISTED = [("stk", stk_with(ResultCode=77)), ("c2b-confirmation", c2b("UKO7", TransactionType="Something New"))]


@pytest.mark.parametrize(("kind", "body"), UNLISTED, ids=lambda value: str(value)[:20])
def test_what_is_not_listed_is_unknown(kind: str, body: Any) -> None:
    event = arrival(kind, body).event
    assert (event.type, event.outcome) == ("payment.unknown", Outcome.UNKNOWN)


@pytest.mark.parametrize(
    "written", ["", "Pay Bill", "PAY BILL", "Paybill", "Buy Goods", "Customer Merchant Payment", None]
)
def test_what_customers_pay_by(written: str | None) -> None:
    assert arrival("c2b-confirmation", c2b("UKO7", TransactionType=written)).event.type == "payment.succeeded"


def test_unreadable_bytes_are_kept() -> None:
    made = quarantined("stk", b"\xff{")
    assert (made.reason, made.callback.body, made.path) == (Reason.UNREADABLE, b"\xff{", "$")


def test_an_unknown_kind_is_kept_under_its_own_name() -> None:
    found = hooks(shortcode()).find(KEY, "b2c-reslut")
    assert found is not None
    made = receive(found, callback("b2c-reslut", b"\xff"))
    assert isinstance(made, Quarantined)
    assert (made.reason, found.kind_name) == (Reason.UNKNOWN_KIND, "b2c-reslut")


PHONE, NAME = "254700111222", "WANGARI"
ASTRAY: list[tuple[str, Any]] = [
    ("c2b-confirmation", c2b("UKO7", amount=PHONE + "," + NAME)),
    ("c2b-confirmation", c2b("UKO7", TransTime=PHONE)),
    ("c2b-confirmation", c2b("UKO7", TransTime=PHONE + "99")),
    ("c2b-confirmation", c2b("UKO7", BusinessShortCode=PHONE)),
    ("c2b-confirmation", c2b("UKO7", BusinessShortCode=NAME)),
    ("stk", with_item(stk("ws_CO_1"), "TransactionDate", int(PHONE))),
    ("stk", with_item(stk("ws_CO_1"), "Amount", NAME)),
    ("stk", stk_with(CallbackMetadata={"Item": [{"Name": PHONE, "Value": 1}, {"Name": PHONE, "Value": 2}]})),
]


@pytest.mark.parametrize(("kind", "body"), ASTRAY, ids=lambda value: repr(value)[-40:])
def test_a_payer_in_the_wrong_place_is_shown_in_no_list(kind: str, body: Any) -> None:
    """The detail quoted what could not be read as an amount, a time or a shortcode; it is listed and printed."""
    made = quarantined(kind, json.dumps(body).encode())
    told = f"{made.path} {made.detail}"
    assert PHONE not in told
    assert NAME not in told


def test_a_key_that_stands_twice_is_named_without_its_digits() -> None:
    made = quarantined("stk", b'{"p254700111222": 1, "p254700111222": 2}')
    assert made.detail == "the key 'p999999999999' stands twice in one object"


@pytest.mark.parametrize("number", ["600638", 600638, "600999"])
def test_a_body_belongs_to_the_shortcode_or_its_store(number: Any) -> None:
    till = hook("c2b-confirmation", store="600999")
    made = receive(till, callback("c2b-confirmation", c2b("UKO7", BusinessShortCode=number)))
    assert isinstance(made, Arrival)
    assert made.event.shortcode == "600638"


@pytest.mark.parametrize("number", ["600639", "600638 ", " 600638", "0600638", 6006380])
@pytest.mark.parametrize("kind", ["c2b-confirmation", "c2b-validation"])
def test_a_foreign_shortcode_is_kept(kind: str, number: Any) -> None:
    assert quarantined(kind, c2b("UKO7", BusinessShortCode=number)).reason is Reason.FOREIGN_SHORTCODE


def test_a_reference_from_the_url_fills_a_gap_and_no_more() -> None:
    context = {"ref": "INV-7", "for": "x"}
    assert arrival("stk", stk("ws_CO_1"), context=context).event.account_reference == "INV-7"
    assert arrival("c2b-confirmation", c2b("UKO7"), context=context).event.account_reference == "INV-1042"
    assert arrival("stk", stk("ws_CO_1"), context={"ref": ""}).event.account_reference is None
    assert arrival("stk", stk("ws_CO_1"), context=context).event.context == context


def test_a_validation_is_a_question_with_the_shortcodes_answer() -> None:
    made = received("c2b-validation", c2b("UKO7"))
    assert isinstance(made, Question)
    assert made.decision == "accept"
    strict = receive(hook("c2b-validation", validation_default="C2B00012"), callback("c2b-validation", c2b("UKO7")))
    assert isinstance(strict, Question)
    assert strict.decision == "C2B00012"


# Ids must come out the same on every gateway and in every release: an ERP knows payments by them.
GOLDEN_IDS = {
    "stk": ("bac6655d-5765-525a-b56c-ded10e69ccbc", "b3d6fd31-2d22-5308-90ca-3c97d02a6150"),
    "stk failed": ("3c70fe73-9756-5b98-8491-8c6c9428f8a8", "1b5f1b9a-0716-5c17-8f79-137eee104e93"),
    "c2b": ("bac6655d-5765-525a-b56c-ded10e69ccbc", "b3d6fd31-2d22-5308-90ca-3c97d02a6150"),
    "c2b of another tenant": ("31d2545e-b8e7-509a-b288-c739f875c632", "a96266f8-2d57-5af4-bafc-719407dd2543"),
}


def test_event_ids_are_derived_and_never_change() -> None:
    events = {
        "stk": arrival("stk", stk("ws_CO_1")).event,
        "stk failed": arrival("stk", stk("ws_CO_1", code=1032)).event,
        "c2b": arrival("c2b-confirmation", c2b("UKO7R8T1YB")).event,
        "c2b of another tenant": arrival("c2b-confirmation", c2b("UKO7R8T1YB"), tenant="mama").event,
    }
    assert {name: (event.id, event.payment_id) for name, event in events.items()} == GOLDEN_IDS
    assert derived_id("a", "b") != derived_id("ab")


def test_twins_have_one_event_id() -> None:
    push = arrival("stk", stk("ws_CO_1", receipt="UKO7R8T1YB")).event
    assert push.id == arrival("c2b-confirmation", c2b("UKO7R8T1YB")).event.id
    assert push.id != arrival("stk", stk("ws_CO_1", code=1032)).event.id


@pytest.mark.parametrize("kind", ["stk", "c2b-confirmation"])
def test_an_event_is_read_back_from_the_store_as_it_was(kind: str) -> None:
    made = arrival(kind, stk("ws_CO_1") if kind == "stk" else c2b("UKO7"), context={"ref": "é"})
    assert stored_and_read(made) == made.event


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["0", "600638", "20261124101530", "10.00", "1e3", "\x00", "", "254700000000", "Pay Bill"])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def near_stk(draw: st.DrawFn) -> Any:
    """A body like an STK callback with some of it changed, dropped or doubled."""
    body = stk("ws_CO_1", code=draw(st.sampled_from([0, 1032, "0", " 0"])))
    inner = body["Body"]["stkCallback"]
    for name in draw(st.lists(st.sampled_from([*inner, "Extra"]), max_size=2)):
        inner[name] = draw(anything)
    metadata = inner.get("CallbackMetadata")
    items = metadata.get("Item") if isinstance(metadata, dict) else None
    if isinstance(items, list) and items:
        for _ in range(draw(st.integers(0, 2))):
            change = draw(st.sampled_from(["drop", "value", "item", "twice"]))
            place = draw(st.integers(0, len(items) - 1)) if items else 0
            if not items or not isinstance(items[place], dict):
                continue
            if change == "drop":
                items.pop(place)
            elif change == "value":
                items[place]["Value"] = draw(anything)
            elif change == "twice":
                items.append({**items[place], "Value": draw(anything)})
            else:
                items[place] = draw(anything)
    return draw(st.sampled_from([body, body, body, body["Body"], [body], inner]))


@st.composite
def near_c2b(draw: st.DrawFn) -> Any:
    body = c2b("UKO7")
    for name in draw(st.lists(st.sampled_from([*body, "MiddleName", "LastName", "Extra"]), max_size=3)):
        if draw(st.booleans()):
            body.pop(name, None)
        else:
            body[name] = draw(anything)
    return body


RECORDED = [name for name in NAMES if "event" in expected_of(name) or "question" in expected_of(name)]


@st.composite
def near_recorded(draw: st.DrawFn) -> tuple[str, Any]:
    """A recorded body with some of it changed, dropped or doubled, at any depth."""
    name = draw(st.sampled_from(RECORDED))
    body = json.loads(body_of(name))
    for _ in range(draw(st.integers(1, 3))):
        change(draw, body)
    return name.partition("/")[0], body


def change(draw: st.DrawFn, body: Any) -> None:
    """Change one place of a body."""
    while isinstance(body, dict | list) and body:
        place = draw(st.sampled_from(list(body) if isinstance(body, dict) else range(len(body))))
        if isinstance(body[place], dict | list) and body[place] and draw(st.integers(0, 4)):
            body = body[place]
            continue
        what = draw(st.sampled_from(["drop", "value", "twice"]))
        if what == "drop":
            body.pop(place)
        elif what == "twice" and isinstance(body, list):
            body.append(body[place])
        else:
            body[place] = draw(anything)
        return


# Where the amount of a recorded body stands.
AMOUNT_PLACES = {
    "stk/tutorial": b'"Value":1500}',
    "c2b-confirmation/plain_msisdn": b'"TransAmount":"1500.00"',
    "b2c-result/success": b'"Value":10}',
    "b2pochi-result/success": b'"Value":10}',
    "b2b-result/success": b'"Value":"190.00"',
    "tax-result/success": b'"Value":"190.00"',
    "reversal-result/success": b'"Value":100}',
    "status-result/completed": b'"Value":"300"',
    "b2b-express/success": b'"amount":"71.0"',
    "bill-manager/text": b'"paidAmount":"800"',
}


@settings(max_examples=150)
@given(st.sampled_from(sorted(KINDS)), st.binary(max_size=300))
def test_no_bytes_raise(kind: str, body: bytes) -> None:
    judge(kind, body)


@settings(max_examples=150)
@given(st.sampled_from(sorted(KINDS)), anything)
def test_no_document_raises(kind: str, document: Any) -> None:
    judge(kind, json.dumps(document).encode())


@settings(max_examples=400)
@given(near_stk())
def test_nothing_like_an_stk_callback_raises(document: Any) -> None:
    judge("stk", json.dumps(document).encode())


@settings(max_examples=400)
@given(st.sampled_from(["c2b-confirmation", "c2b-validation"]), near_c2b())
def test_nothing_like_a_c2b_callback_raises(kind: str, document: Any) -> None:
    judge(kind, json.dumps(document).encode())


@settings(max_examples=1500, deadline=None)
@given(near_recorded())
def test_nothing_like_a_recorded_body_raises(near: tuple[str, Any]) -> None:
    kind, document = near
    judge(kind, json.dumps(document).encode())


@given(st.decimals(min_value="0.01", max_value=10**9, places=2), st.booleans(), st.sampled_from(sorted(AMOUNT_PLACES)))
def test_amounts_survive_to_the_cent(paid: Decimal, as_text: bool, name: str) -> None:
    written = AMOUNT_PLACES[name]
    body = body_of(name)
    assert body.count(written) == 1
    number = f'"{paid}"' if as_text else str(paid)
    end = b"}" if written.endswith(b"}") else b""
    changed = body.replace(written, written.partition(b":")[0] + b":" + number.encode() + end)
    made = receive_recorded(name, changed)
    assert isinstance(made, Arrival), made
    assert made.event.amount == paid
    assert made.event.as_dict()["amount"] == f"{paid:.2f}"
