"""Durations and percentages."""

from datetime import timedelta

import pytest

from gateway.settings.durations import duration_of, fraction_of


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0s", timedelta(0)),
        ("500ms", timedelta(milliseconds=500)),
        ("5s", timedelta(seconds=5)),
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("3650d", timedelta(days=3650)),
    ],
)
def test_a_duration(text: str, length: timedelta) -> None:
    assert duration_of(text) == length


@pytest.mark.parametrize("text", ["", "5", "s", "5 s", "5S", "-5s", "+5s", "1.5h", "1h30m", "5s\n", "٥s", "3651d"])
def test_no_duration(text: str) -> None:
    assert duration_of(text) is None


@pytest.mark.parametrize(("text", "fraction"), [("0%", 0.0), ("10%", 0.1), ("2.5%", 0.025), ("100%", 1.0)])
def test_a_fraction(text: str, fraction: float) -> None:
    assert fraction_of(text) == pytest.approx(fraction)
