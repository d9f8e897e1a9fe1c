"""Kinds that the configuration describes."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from arrivals import KEY, callback, hooks, shortcode
from corpus import body_of
from declared import DECLARED, HASH_KEY, declared
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.outcome import Outcome
from gateway.domain.received import Arrival, Quarantined, Received
from gateway.domain.settings import Secret
from gateway.pipeline.receive import receive
from gateway.providers.declarative import kind_of
from gateway.providers.signature import member

MOBI: dict[str, Any] = {
    "schema": {"type": "object", "required": ["id"], "properties": {"lines": {"type": "array"}}},
    "identity": "id",
    "outcome": {"from": "status", "table": {"0": "succeeded", "1": "failed"}},
    "fields": {"amount": "money.value", "currency": "'UGX'"},
}


def taken(entry: dict[str, Any], body: bytes | dict[str, Any], **overrides: Any) -> Received:
    """Return what becomes of a body of a described kind."""
    hook = hooks(shortcode(), providers=declared({"mobi": entry})).find(KEY, "mobi")
    assert hook is not None
    return receive(hook, callback("mobi", body, **overrides))


def event(entry: dict[str, Any], body: dict[str, Any]) -> Any:
    made = taken(entry, body)
    assert isinstance(made, Arrival), made
    return made.event


@pytest.mark.parametrize("status", [0, "0", Decimal(0)])
def test_codes_are_text_however_they_come(status: Any) -> None:
    written = status if isinstance(status, str) else int(status)
    made = event(MOBI, {"id": 7, "status": written, "money": {"value": "10.5"}})
    assert (made.outcome, made.amount, made.currency) == (Outcome.SUCCEEDED, Decimal("10.5"), "UGX")
    assert (made.type, made.provider, made.kind) == ("payment.succeeded", "mobi", "mobi")


@pytest.mark.parametrize("status", [2, "00", None, True, {}, ""])
def test_a_code_that_is_not_listed_is_unknown(status: Any) -> None:
    assert event(MOBI, {"id": "7", "status": status}).type == "payment.unknown"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], "$"),
        ({}, "$"),
        ({"id": ""}, "$.id"),
        ({"id": " "}, "$.id"),
        ({"id": "7", "status": 0}, "$.money.value"),
        ({"id": "7", "status": 0, "money": {"value": "1,000"}}, "$.money.value"),
        ({"id": "7", "status": 0, "money": {"value": 1.005}}, "$.money.value"),
        ({"id": "7", "lines": {}}, "$.lines"),
    ],
)
def test_what_cannot_be_an_event_is_told_at_its_place(body: Any, path: str) -> None:
    made = taken(MOBI, json.dumps(body).encode())
    assert isinstance(made, Quarantined)
    assert (made.reason.value, made.path) == ("new_shape", path)


def test_an_expression_that_the_body_does_not_suit_sets_it_aside() -> None:
    made = taken({**MOBI, "fields": {"receipt": "sum(lines)"}}, {"id": "7", "lines": ["a"]})
    assert isinstance(made, Quarantined)
    assert (made.reason.value, made.path) == ("new_shape", "$")


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ({}, "2026-11-24T10:15:31+03:00"),
        ({}, "2026-11-24T07:15:31Z"),
        ({}, "2026-11-24T10:15:31"),
        ({"format": "epoch"}, 1795504531),
        ({"format": "epoch"}, "1795504531"),
        ({"format": "epoch_ms"}, 1795504531000),
        ({"format": "%d/%m/%Y %H:%M:%S", "timezone": "Africa/Lagos"}, "24/11/2026 08:15:31"),
        ({"format": "%Y%m%d%H%M%S"}, 20261124101531),
    ],
)
def test_times_are_read_in_their_form_and_zone(form: dict[str, str], written: Any) -> None:
    entry = {**MOBI, "fields": {"occurred_at": {"from": "at", **form}}}
    assert event(entry, {"id": "7", "at": written}).occurred_at == datetime(2026, 11, 24, 7, 15, 31, tzinfo=UTC)


@pytest.mark.parametrize("written", ["yesterday", "NaN", "1e400", "9" * 30, "२०२६-११-२४"])
@pytest.mark.parametrize("form", ["iso", "epoch", "epoch_ms", "%Y-%m-%d"])
def test_a_time_of_another_form_is_a_new_shape(form: str, written: str) -> None:
    made = taken({**MOBI, "fields": {"occurred_at": {"from": "at", "format": form}}}, {"id": "7", "at": written})
    assert isinstance(made, Quarantined)
    assert (made.reason.value, made.path) == ("new_shape", "$.at")


def test_money_that_goes_out_has_a_payee() -> None:
    entry = {**MOBI, "family": "payout", "direction": "out", "fields": {"payee": {"msisdn": "to"}}}
    made = event(entry, {"id": "7", "status": 0, "to": "256772000000"})
    assert (made.type, made.payee.msisdn, made.payer.msisdn) == ("payout.succeeded", "256772000000", None)


def test_a_body_that_names_another_shortcode_is_foreign() -> None:
    made = taken({**MOBI, "fields": {"shortcode": "till"}}, {"id": "7", "till": "600111"})
    assert isinstance(made, Quarantined)
    assert made.reason.value == "foreign_shortcode"


def test_what_is_written_beside_a_recipe_overrides_it() -> None:
    made = declared({"momo-ug": {"recipe": "mtn-momo", "methods": ["PUT"], "fields": {"currency": "'UGX'"}}})["momo-ug"]
    assert (made.name, made.provider, made.methods) == ("momo-ug", "mtn-momo", ("PUT",))
    assert (made.picks["currency"], made.picks["amount"]) == ("'UGX'", "amount")


SIGNED = {"id": "7"}


def signature(body: bytes, algorithm: str = "sha256", encoding: str = "hex", key: str = HASH_KEY) -> str:
    digest = hmac.new(key.encode(), body, getattr(hashlib, algorithm)).digest()
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()


@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_a_signed_body_is_taken_and_one_byte_more_is_not(algorithm: str, encoding: str) -> None:
    header = {"secret": {"env": "HASH_KEY"}, "header": "X-Hash", "algorithm": algorithm, "encoding": encoding}
    body = b' {"id": "7"}\n'
    signed = {"x-hash": signature(body, algorithm, encoding)}
    assert isinstance(taken({**MOBI, "hmac": header}, body, headers=signed), Arrival)
    for other, headers in ((body + b" ", signed), (body, {}), (body, {"x-hash": "é"}), (body, {"x-hash": ""})):
        made = taken({**MOBI, "hmac": header}, other, headers=headers)
        assert isinstance(made, Quarantined)
        assert made.reason.value == "signature"


NEW, OLD = Secret("the new key"), Secret("the old key")
UNSIGNED = {**MOBI, "hmac": {"header": "X-Hash"}}


def signed_by(key: str, entry: dict[str, Any], **own: tuple[Secret, ...]) -> str:
    """Return what becomes of a body that this key signed, at a shortcode with secrets of its own."""
    # Another shortcode has one, so that signatures are looked at.
    kinds = declared({"mobi": entry}, {"mobi": {"env": "HASH_KEY"}})
    hook = hooks(shortcode(hmac=own), providers=kinds).find(KEY, "mobi")
    assert hook is not None
    made = receive(hook, callback("mobi", b'{"id": "7"}', headers={"x-hash": signature(b'{"id": "7"}', key=key)}))
    return f"{made.reason.value}: {made.detail}" if isinstance(made, Quarantined) else "taken"


def test_each_shortcode_may_have_its_own_secrets_and_several_of_them() -> None:
    assert signed_by("the new key", UNSIGNED, mobi=(NEW, OLD)) == "taken"
    assert signed_by("the old key", UNSIGNED, mobi=(NEW, OLD)) == "taken"
    assert signed_by("another's", UNSIGNED, mobi=(NEW, OLD)) == "signature: its signature is not right"


def test_a_shortcodes_own_secret_takes_the_place_of_the_providers() -> None:
    entry = {**MOBI, "hmac": {"header": "X-Hash", "secret": {"env": "HASH_KEY"}}}
    assert signed_by(HASH_KEY, entry) == "taken"
    assert signed_by(HASH_KEY, entry, mobi=(NEW,)) == "signature: its signature is not right"
    assert signed_by("the new key", entry, mobi=(NEW,)) == "taken"


def test_who_has_no_secret_where_others_have_is_not_trusted_and_off_has_to_be_written() -> None:
    assert signed_by("whoever's", UNSIGNED) == "signature: no secret is configured for its shortcode"
    assert signed_by("whoever's", UNSIGNED, mobi=()) == "taken"


def test_the_providers_secrets_may_be_a_list() -> None:
    entry = {**MOBI, "hmac": {"header": "X-Hash", "secret": [{"env": "KEY"}, {"env": "HASH_KEY"}]}}
    assert signed_by(HASH_KEY, entry) == "taken"
    assert signed_by("k" * 32, entry) == "taken"
    assert signed_by("another's", entry) == "signature: its signature is not right"


def test_hex_may_be_in_capitals() -> None:
    entry = {**MOBI, "hmac": {"secret": {"env": "HASH_KEY"}, "header": "X-Hash"}}
    assert isinstance(taken(entry, b'{"id": "7"}', headers={"x-hash": signature(b'{"id": "7"}').upper()}), Arrival)


@pytest.mark.parametrize("body", [b'{"id": "7", "hash": 7}', b'{"id": "7", "hash": null}', b"[]", b"7", b'"x"'])
def test_a_signature_of_no_use_is_none(body: bytes) -> None:
    entry = {**MOBI, "hmac": {"secret": {"env": "HASH_KEY"}, "field": "hash", "over": "id"}}
    made = taken(entry, body)
    assert isinstance(made, Quarantined)
    assert made.reason.value == "signature"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"t":{"a":1}}', b'{"a":1}'),
        (b'\xef\xbb\xbf { "x" : [1, "}"] , "t" :\t{ "a" : 1.10 }  ,"y":2}', b'{ "a" : 1.10 }'),
        (b'{"\\u0074": "\\u00e9"}', b'"\\u00e9"'),
        ('{"ĩ": {"t": 1}, "t": "ũ"}'.encode(), '"ũ"'.encode()),
        (b'{"x": {"t": 1}}', None),
        (b"{}", None),
        (b"[1]", None),
    ],
)
def test_the_text_of_a_member_is_that_of_the_body(body: bytes, text: bytes | None) -> None:
    assert member(body, "t") == text


def test_vodacom_gets_its_ids_back() -> None:
    kind = kind_of(DECLARED["vodacom-openapi"])
    assert kind.reply is not None
    assert json.loads(kind.reply(body_of("vodacom-openapi/success"))) == {
        "output_OriginalConversationID": "4f1b2c6e5d3a4b7c8e9f0a1b2c3d4e5f",
        "output_ResponseCode": "0",
        "output_ResponseDesc": "Successfully Accepted Result",
        "output_ThirdPartyConversationID": "INV1042",
    }


@given(st.binary(max_size=200) | st.sampled_from([b"[" * 100_000, b"7", b"null", b'{"input_ResultCode": NaN}']))
def test_an_answer_is_owed_whatever_comes(body: bytes) -> None:
    kind = kind_of(DECLARED["vodacom-openapi"])
    assert kind.reply is not None
    assert json.loads(kind.reply(body))["output_ResponseCode"] == "0"


def test_an_answer_is_json_whatever_it_repeats() -> None:
    """A number that is too large was sent back as Infinity, which is no JSON."""
    kind = kind_of(DECLARED["vodacom-openapi"])
    assert kind.reply is not None
    answer = kind.reply(b'{"input_OriginalConversationID": [1e999], "input_ThirdPartyConversationID": "INV1042"}')
    assert b"Infinity" not in answer
    told = json.loads(answer)
    assert (told["output_OriginalConversationID"], told["output_ThirdPartyConversationID"]) == (None, "INV1042")


@pytest.mark.parametrize("kind", sorted(DECLARED))
@given(body=st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["transaction", "id", "status", "externalId", "hash", "payer", "amount"]), inner),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_body_makes_a_described_kind_fail(kind: str, body: bytes) -> None:
    made = receive(HOOKS[kind], callback(kind, body))
    assert isinstance(made, Arrival | Quarantined)
    assert not isinstance(made, Quarantined) or made.reason.value != "bug"


_ALL = hooks(shortcode(hold_older_than=timedelta(days=1)), providers=DECLARED)
HOOKS = {kind: found for kind in DECLARED if (found := _ALL.find(KEY, kind)) is not None}
