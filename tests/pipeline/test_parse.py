"""Bytes to JSON: what two readers could understand differently is not read."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pipeline.parse import ExponentNumber, Unreadable, parse

UNREADABLE = [
    (b"", "not JSON"),
    (b"   ", "not JSON"),
    (b"{", "not JSON"),
    (b"{'a': 1}", "not JSON"),
    (b'{"a": 1,}', "not JSON"),
    (b'{"a": 1} x', "not JSON"),
    (b'{"a": 01}', "not JSON"),
    (b'"a\nb"', "not JSON"),
    (b'{"a": "\xff"}', "not UTF-8: byte 7"),
    (b"\xef\xbb\xbf\xef\xbb\xbf{}", "not JSON"),
    ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
    (b'{"a": NaN}', "NaN is not a JSON value"),
    (b'{"a": Infinity}', "Infinity is not a JSON value"),
    (b'{"a": -Infinity}', "-Infinity is not a JSON value"),
    (b'{"a": 1, "a": 1}', "the key 'a' stands twice"),
    (b'{"x": {"a": 1, "b": 2, "\\u0061": 3}}', "the key 'a' stands twice"),
    (b"[" * 33 + b"]" * 33, "nested deeper than 32"),
    (b'{"a":' * 33 + b"1" + b"}" * 33, "nested deeper than 32"),
    (b"[" * 30_000 + b"]" * 30_000, "nested deeper than 32"),
    (b"[" * 60_000, "nested deeper than 32"),
    (b"1" * 4001, "a number of more than 4000 digits"),
    (b"-" + b"1" * 4001, "a number of more than 4000 digits"),
    (b"1" * 10_000, "a number of more than 4000 digits"),
    (b"0." + b"1" * 4000, "a number of more than 4000 digits"),
    (b'{"a": 1e99999999999999999999}', "a number whose exponent nobody can hold"),
    (b'{"a": 1e-99999999999999999999}', "a number whose exponent nobody can hold"),
    (b'"\\ud800"', "half of a surrogate pair"),
    (b'"\\udfff"', "half of a surrogate pair"),
    (b'{"\\ud83d": 1}', "half of a surrogate pair"),
    (b'["\\ude00\\ud83d"]', "half of a surrogate pair"),
]

READABLE = [
    (b"{}", {}),
    (b"\xef\xbb\xbf{}", {}),
    (b' {"a": null}\n', {"a": None}),
    (b"[" * 32 + b"]" * 32, json.loads("[" * 32 + "]" * 32)),
    (b'{"a": "' + b"[" * 60 + b'"}', {"a": "[" * 60}),
    (
        b"[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]",
        [[]] * 33,
    ),
    (b"1" * 4000, int("1" * 4000)),
    (b"-" + b"1" * 4000, -int("1" * 4000)),
    (b"0." + b"1" * 3999, Decimal("0." + "1" * 3999)),
    (b"1.10", Decimal("1.10")),
    (b'"\\ud83d\\ude00"', "😀"),
    (b'"a\\u0000b"', "a\x00b"),
    (b'"\\\\ud800"', "\\ud800"),
]


@pytest.mark.parametrize(("body", "reason"), UNREADABLE, ids=lambda value: repr(value)[:40])
def test_unreadable(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        parse(body)


@pytest.mark.parametrize(("body", "document"), READABLE, ids=lambda value: repr(value)[:40])
def test_readable(body: bytes, document: Any) -> None:
    assert parse(body) == document


def test_decimals_keep_their_digits() -> None:
    assert str(parse(b"1.10")) == "1.10"
    assert str(parse(b"99999999999999999999.99")) == "99999999999999999999.99"


@pytest.mark.parametrize("written", [b"1e3", b"1E3", b"1.5e-3"])
def test_an_exponent_can_be_told_afterwards(written: bytes) -> None:
    assert isinstance(parse(written), ExponentNumber)


def test_the_reason_quotes_no_value() -> None:
    with pytest.raises(Unreadable) as caught:
        parse(b'{"MSISDN": "254700000000" "FirstName": "JOHN"}')
    assert "2547" not in str(caught.value)
    assert "JOHN" not in str(caught.value)


def test_finding_the_repeated_key_of_a_big_object_takes_no_second() -> None:
    """Looking for it took time that grew with the square of the keys: 0.7 s for one body of 64 KiB."""
    body = b"{" + b",".join(b'"%x":1' % number for number in range(8000)) + b',"1f3f":2}'
    started = time.thread_time()
    with pytest.raises(Unreadable, match="'1f3f' stands twice"):
        parse(body)
    assert time.thread_time() - started < 0.3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False).map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(json_values, st.booleans())
def test_what_json_wrote_is_read_back(value: Any, escaped: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=escaped).encode("utf-8")) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        document = parse(body)
    except Unreadable:
        return
    assert json.dumps(document, ensure_ascii=False, default=str).encode("utf-8")
