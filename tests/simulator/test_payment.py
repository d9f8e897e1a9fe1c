"""Simulated payments: receipts that tell their day, nobody's telephone, and the same again for the same seed."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.times import NAIROBI
from gateway.simulator.payment import PAYERS, Payment, draw, receipt, stream

NOW = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=UTC)


def drawn(seed: int, **wish: object) -> Payment:
    return draw(Random(seed), NOW, "600638", **wish)


@pytest.mark.parametrize(
    ("day", "letters"),
    [
        (datetime(2024, 1, 1, tzinfo=NAIROBI), "SA1"),
        (datetime(2024, 4, 2, tzinfo=NAIROBI), "SD2"),
        (datetime(2026, 11, 24, tzinfo=NAIROBI), "UKO"),
        (datetime(2025, 12, 9, tzinfo=NAIROBI), "TL9"),
        (datetime(2025, 12, 10, tzinfo=NAIROBI), "TLA"),
        (datetime(2026, 10, 31, tzinfo=NAIROBI), "UJV"),
    ],
)
def test_a_receipt_begins_with_the_letters_of_its_day(day: datetime, letters: str) -> None:
    assert re.fullmatch(letters + "[A-Z0-9]{7}", receipt(Random(1), day))


@given(st.integers())
def test_a_seed_gives_the_same_payment_again(seed: int) -> None:
    assert drawn(seed) == drawn(seed)


def test_another_seed_gives_another_payment() -> None:
    assert drawn(1) != drawn(2)


@given(st.integers())
def test_a_payment_was_made_shortly_before_now_in_whole_nairobi_seconds(seed: int) -> None:
    at = drawn(seed).at

    assert timedelta(0) < NOW - at < timedelta(minutes=1)
    assert at.microsecond == 0
    assert at.utcoffset() == timedelta(hours=3)


@given(st.integers())
def test_the_payer_is_a_test_number(seed: int) -> None:
    payer = drawn(seed).payer

    assert payer == 254708374149 or 254700000000 <= payer <= 254700000099
    assert payer in PAYERS


@given(st.integers())
def test_the_checkout_id_ends_with_three_digits_and_the_payers_last_nine(seed: int) -> None:
    payment = drawn(seed)

    assert re.fullmatch(r"ws_CO_\d{14}\d{3}" + str(payment.payer)[-9:], payment.checkout_request_id)
    pushed_at = datetime.strptime(payment.checkout_request_id[6:20], "%d%m%Y%H%M%S").replace(tzinfo=NAIROBI)
    assert timedelta(0) < payment.at - pushed_at < timedelta(minutes=1)


def test_what_is_given_is_taken() -> None:
    payment = drawn(1, amount=Decimal("250.50"), reference="INV-7")

    assert (payment.amount, payment.reference, payment.shortcode) == (Decimal("250.50"), "INV-7", "600638")


def test_an_empty_reference_is_taken_too() -> None:
    assert drawn(1, reference="").reference == ""


def test_who_pays_a_till_types_no_reference() -> None:
    assert drawn(1, reference="INV-7", is_till=True).reference == ""


def test_a_stream_never_repeats_an_id() -> None:
    # At one instant, three digits and some hundred payers are all that tells checkout ids apart: they do collide.
    number = 20_000
    rng = Random(3)
    alone = {draw(rng, NOW, "600638").checkout_request_id for _ in range(number)}
    payments = tuple(islice(stream(Random(3), lambda: NOW, "600638"), number))

    assert len(alone) < number
    assert len({payment.checkout_request_id for payment in payments}) == number
    assert len({payment.receipt for payment in payments}) == number
