"""Gaps in M-Pesa's balances are told by what has really happened, however the lines are spread over files."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from books import NOON, Books, books
from simulated import c2b
from structlog.testing import capture_logs

from gateway.domain.times import NAIROBI

QUARTER_PAST = datetime(2026, 11, 25, 0, 15, tzinfo=NAIROBI)


def paid(number: int, at: datetime, balance: str) -> dict[str, str]:
    fields = {"TransTime": f"{at:%Y%m%d%H%M%S}", "OrgAccountBalance": balance, "TransAmount": "10.00"}
    return c2b(f"UKO7R{number:05d}", **fields)


def notes(made: Books, moment: datetime) -> list[str]:
    with capture_logs() as logs:
        made.look(moment)
    return [_told(one) for one in logs if one["event"] == "look at a file"]


def _told(line: Any) -> str:
    return str(line["note"])


def test_a_callback_missed_between_two_files_is_told(tmp_path: Path) -> None:
    with books(tmp_path) as made:
        made.take("c2b-confirmation", paid(1, NOON, "110.00"))
        assert notes(made, QUARTER_PAST) == []
        made.now = QUARTER_PAST + timedelta(hours=8)
        made.take("c2b-confirmation", paid(3, made.now, "130.00"))

        (told,) = notes(made, QUARTER_PAST + timedelta(days=1))

        assert told.startswith("M-Pesa's balance after UKO7R00003 is +130.00, and +120.00 by the lines before it")


def test_two_files_of_a_day_that_follow_each_other_have_no_gap(tmp_path: Path) -> None:
    with books(tmp_path, close="every 1 lines") as made:
        told = []
        for number in range(1, 4):
            made.take("c2b-confirmation", paid(number, NOON + timedelta(minutes=number), f"{100 + number * 10}.00"))
            told += notes(made, NOON + timedelta(minutes=number))

        assert len(made.files()) == 3
        assert told == []


def test_late_payments_that_fit_between_others_are_no_gap(tmp_path: Path) -> None:
    with books(tmp_path) as made:
        for number in (1, 3, 5):
            made.take("c2b-confirmation", paid(number, NOON - timedelta(hours=10 - number), f"{100 + number * 10}.00"))
        assert len(notes(made, QUARTER_PAST)) == 2
        made.now = QUARTER_PAST + timedelta(hours=8)
        for number in (2, 4):
            made.take("c2b-confirmation", paid(number, NOON - timedelta(hours=10 - number), f"{100 + number * 10}.00"))

        assert notes(made, QUARTER_PAST + timedelta(days=1)) == []

        assert list(made.files()) == ["duka_600638_20261124_1.csv", "duka_600638_20261124_2.csv"]


def test_a_late_payment_leaves_a_gap_that_is_still_there(tmp_path: Path) -> None:
    with books(tmp_path) as made:
        for number in (1, 4):
            made.take("c2b-confirmation", paid(number, NOON - timedelta(hours=10 - number), f"{100 + number * 10}.00"))
        notes(made, QUARTER_PAST)
        made.now = QUARTER_PAST + timedelta(hours=8)
        made.take("c2b-confirmation", paid(3, NOON - timedelta(hours=7), "130.00"))

        (told,) = notes(made, QUARTER_PAST + timedelta(days=1))

        assert told.startswith("M-Pesa's balance after UKO7R00003 is +130.00, and +120.00 by the lines before it")
