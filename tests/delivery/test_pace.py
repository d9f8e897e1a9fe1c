"""How fast requests follow each other."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.pace import Pace
from gateway.domain.lane import Rate

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RATES = [Rate(10, SECOND), Rate(60, 60 * SECOND), Rate(1, 3600 * SECOND), Rate(5000, SECOND)]


def test_one_a_second_is_not_sixty_at_once() -> None:
    pace = Pace(Rate(60, 60 * SECOND))
    assert pace.room(NOW) == 1
    pace.began(1, NOW)
    assert pace.room(NOW) == 0
    assert pace.opening(NOW) == NOW + SECOND
    assert pace.room(NOW + 0.999 * SECOND) == 0
    assert pace.room(NOW + SECOND) == 1


def test_what_nobody_used_does_not_gather() -> None:
    pace = Pace(Rate(60, 60 * SECOND))
    pace.began(1, NOW)
    assert pace.room(NOW + timedelta(hours=1)) == 1


def test_a_fast_rate_is_reached_by_a_loop_that_looks_now_and_then() -> None:
    pace, sent = Pace(Rate(1000, SECOND)), 0
    for look in range(100):
        at = NOW + look * timedelta(milliseconds=50)
        room = pace.room(at)
        pace.began(room, at)
        sent += room
    assert 4900 <= sent <= 5100


def test_a_clock_that_goes_back_holds_nothing_up() -> None:
    pace = Pace(Rate(60, 60 * SECOND))
    pace.began(1, NOW)
    earlier = NOW - timedelta(days=1)
    assert pace.opening(earlier) == earlier + SECOND
    assert pace.room(earlier + 2 * SECOND) == 0
    pace.began(0, earlier)
    assert pace.room(earlier + SECOND) == 1


@pytest.mark.parametrize("rate", RATES, ids=str)
@given(steps=st.lists(st.floats(0, 2), max_size=60), wishes=st.lists(st.integers(0, 50), min_size=60, max_size=60))
def test_no_stretch_of_time_has_more_than_the_rate(rate: Rate, steps: list[float], wishes: list[int]) -> None:
    pace, at, begun = Pace(rate), NOW, []
    for step, wish in zip(steps, wishes, strict=False):
        at += step * SECOND
        number = min(wish, pace.room(at))
        if number:
            pace.began(number, at)
            begun += [at] * number
    gathers = max(1, timedelta(milliseconds=100) // rate.interval)
    for first, since in enumerate(begun):
        for last in range(first, len(begun)):
            fits = (begun[last] - since) / rate.interval + gathers
            assert last - first + 1 <= fits + 1e-6
