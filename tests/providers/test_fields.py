"""Single values: what is money, a time, a code, a phone."""

import time
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.event import Party, money_text
from gateway.pipeline.parse import ExponentNumber
from gateway.providers.kind import NewShape
from gateway.providers.mpesa.fields import amount, code, moment, party, text

EAT = timezone(timedelta(hours=3))

AMOUNTS = [
    (10, "10.00"),
    (0, "0.00"),
    (Decimal("1.00"), "1.00"),
    (Decimal("1.0"), "1.00"),
    ("5.00", "5.00"),
    ("10", "10.00"),
    ("233.8", "233.80"),
    ("99999999.99", "99999999.99"),
    ("0.01", "0.01"),
    # Zeros beyond the second decimal say nothing and lose nothing.
    ("10.000", "10.00"),
    (Decimal("10.1000"), "10.10"),
    ("999999999999999", "999999999999999.00"),
]
NO_AMOUNTS = [
    "",
    " ",
    "1,000",
    "1 000",
    " 10",
    "10 ",
    "10\n",
    "KES 10",
    "1e3",
    ExponentNumber("1e3"),
    ExponentNumber("1e999999999"),
    Decimal("1.005"),
    "1.005",
    "10.",
    ".5",
    -5,
    "-5",
    "+5",
    "٥",
    "１０",
    "0x10",
    "1_000",
    "NaN",
    "Infinity",
    "1000000000000000",
    True,
    False,
    [],
    {},
]


@pytest.mark.parametrize(("value", "written"), AMOUNTS)
def test_amounts(value: Any, written: str) -> None:
    assert money_text(amount({"Amount": value}, "Amount")) == written


@pytest.mark.parametrize("value", NO_AMOUNTS, ids=repr)
def test_what_needs_a_guess_is_no_amount(value: Any) -> None:
    with pytest.raises(NewShape) as caught:
        amount({"Amount": value}, "Amount")
    assert caught.value.path == "Amount"


def test_an_absent_amount_is_none() -> None:
    assert amount({}, "Amount") is None
    assert amount({"Amount": None}, "Amount") is None


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_cents_are_kept(value: Decimal) -> None:
    assert amount({"Amount": str(value)}, "Amount") == value
    assert money_text(amount({"Amount": value}, "Amount")) == f"{value:.2f}"


MOMENTS = [
    (20240402170017, datetime(2024, 4, 2, 17, 0, 17, tzinfo=EAT)),
    ("20240402170017", datetime(2024, 4, 2, 17, 0, 17, tzinfo=EAT)),
    ("2023-04-26 12:30:00", datetime(2023, 4, 26, 12, 30, tzinfo=EAT)),
    ("20240229000000", datetime(2024, 2, 29, tzinfo=EAT)),
    ("", None),
    (None, None),
]
NO_MOMENTS = [
    "20230229000000",
    "20240402240000",
    "20240402170060",
    "00000402170017",
    "2024040217001",
    "202404021700170",
    "2024-04-02T17:00:17",
    "2024-04-02 17:00:17Z",
    "٢٠٢٣-04-26 12:30:00",
    "٢٠٢٤٠٤٠٢١٧٠٠١٧",
    " 20240402170017",
    "yesterday",
    -20240402170017,
]


@pytest.mark.parametrize(("value", "expected"), MOMENTS)
def test_moments(value: Any, expected: datetime | None) -> None:
    assert moment({"TransTime": value}, "TransTime") == expected


@pytest.mark.parametrize("value", NO_MOMENTS, ids=repr)
def test_what_is_no_moment(value: Any) -> None:
    with pytest.raises(NewShape) as caught:
        moment({"TransTime": value}, "TransTime")
    assert caught.value.path == "TransTime"


CODES = [
    (0, "0"),
    ("0", "0"),
    (Decimal("0.0"), "0"),
    (Decimal("1032.00"), "1032"),
    (1032, "1032"),
    (" 0 ", "0"),
    ("SFC_IC0003", "SFC_IC0003"),
    ("", None),
    (" ", None),
    (None, None),
    (True, None),
]


@pytest.mark.parametrize(("value", "expected"), CODES)
def test_codes(value: Any, expected: str | None) -> None:
    assert code({"ResultCode": value}, "ResultCode") == expected


def test_texts() -> None:
    body = {"a": "x", "b": "", "c": None, "d": 7, "e": " ", "f": [], "g": {}, "h": True}
    assert [text(body, name) for name in "abcdefghi"] == ["x", None, None, "7", " ", None, None, None, None]


def test_a_nul_character_is_a_new_shape() -> None:
    with pytest.raises(NewShape, match="NUL"):
        text({"BillRefNumber": "INV\x00-7"}, "BillRefNumber")


@pytest.mark.parametrize("read", [text, code])
def test_a_huge_exponent_is_not_written_out(read: Any) -> None:
    """`OrgAccountBalance: 1e999999999` made a text of a gigabyte, and the process with it."""
    started = time.thread_time()
    written = read({"x": ExponentNumber("1e999999999")}, "x")
    assert len(written) < 20
    assert time.thread_time() - started < 1


HASH_64 = "a" * 64
HASH_62 = "9be18dbeb0d16f4f4a7e3f4dfb2a3c7a5b9d3c1e6f8a7b2c4d5e6f7a8b9c0d"
PHONES = [
    ("254700000000", Party(msisdn="254700000000")),
    ("0700000000", Party(msisdn="0700000000")),
    ("2547 ***** 126", Party(msisdn_masked="2547 ***** 126")),
    ("2547*****126", Party(msisdn_masked="2547*****126")),
    ("25470****149", Party(msisdn_masked="25470****149")),
    (HASH_64, Party(msisdn_hash=HASH_64)),
    (HASH_64.upper(), Party(msisdn_hash=HASH_64.upper())),
    (HASH_62, Party(msisdn_hash=HASH_62)),
    ("9" * 64, Party(msisdn_hash="9" * 64)),
    (None, Party()),
]


@pytest.mark.parametrize(("phone", "expected"), PHONES)
def test_a_phone_is_plain_masked_or_hashed_and_never_changed(phone: str | None, expected: Party) -> None:
    assert party(phone) == expected


@given(st.text(min_size=1))
def test_exactly_one_form_of_a_phone_is_set_as_it_came(phone: str) -> None:
    made = party(phone)
    assert [form for form in (made.msisdn, made.msisdn_masked, made.msisdn_hash) if form is not None] == [phone]


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("JOHN",), "JOHN"),
        (("JOHN", "", None), "JOHN"),
        (("John ", "Q.", " Doe"), "John Q. Doe"),
        (("", None, " "), None),
        ((), None),
    ],
)
def test_names(parts: tuple[str | None, ...], name: str | None) -> None:
    assert party(None, *parts).name == name
