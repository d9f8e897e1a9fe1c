"""What follows from an attempt."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.decide import decide
from gateway.domain.delivery import AttemptResult, DeliveryState, Verdict
from gateway.domain.settings import RetrySchedule

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300))
PENDING, DELIVERED, DEAD = DeliveryState.PENDING, DeliveryState.DELIVERED, DeliveryState.DEAD


def verdict(result: AttemptResult, retry_after: float | None = None) -> Verdict:
    wait = None if retry_after is None else timedelta(seconds=retry_after)
    return Verdict(result, "because", "A sentence.", retry_after=wait)


TABLE = [
    (AttemptResult.DELIVERED, 1, None, DELIVERED, 0),
    (AttemptResult.DUPLICATE, 1, None, DELIVERED, 0),
    (AttemptResult.REJECTED, 1, None, DEAD, 0),
    (AttemptResult.UNKNOWN, 1, None, DEAD, 0),
    (AttemptResult.RETRY, 1, None, PENDING, 5),
    (AttemptResult.RETRY, 2, None, PENDING, 60),
    (AttemptResult.RETRY, 3, None, PENDING, 300),
    # Three waits are four attempts.
    (AttemptResult.RETRY, 4, None, DEAD, 0),
    (AttemptResult.RETRY, 9, None, DEAD, 0),
    # A receiver may ask for more time, not for less.
    (AttemptResult.RETRY, 1, 77, PENDING, 77),
    (AttemptResult.RETRY, 2, 1, PENDING, 60),
    (AttemptResult.RETRY, 4, 77, DEAD, 0),
    # Success after the last wait is success.
    (AttemptResult.DELIVERED, 4, None, DELIVERED, 0),
]


@pytest.mark.parametrize(("result", "attempts", "retry_after", "state", "seconds"), TABLE)
def test_table(
    result: AttemptResult, attempts: int, retry_after: float | None, state: DeliveryState, seconds: float
) -> None:
    then = decide(verdict(result, retry_after), attempts, RetrySchedule(WAITS, 0.1), NOW, lambda: 0.0)
    assert (then.state, then.due_at) == (state, NOW + timedelta(seconds=seconds))
    assert then.reason == "because"


def test_giving_up_says_so() -> None:
    then = decide(verdict(AttemptResult.RETRY), 4, RetrySchedule(WAITS), NOW, lambda: 0.0)
    assert then.detail == "Given up after 4 attempts. The last: A sentence."


def test_without_a_schedule_there_is_one_attempt() -> None:
    assert decide(verdict(AttemptResult.RETRY), 1, RetrySchedule(()), NOW, lambda: 0.5).state is DEAD


def test_the_default_schedule_means_ten_attempts() -> None:
    states = [
        decide(verdict(AttemptResult.RETRY), number, RetrySchedule(), NOW, lambda: 0.0).state for number in range(1, 12)
    ]
    assert states == [PENDING] * 9 + [DEAD] * 2


@given(
    attempts=st.integers(1, 3),
    jitter=st.floats(0, 1),
    chance=st.floats(0, 1),
    retry_after=st.none() | st.floats(0, 86_400),
)
def test_jitter_only_ever_adds(attempts: int, jitter: float, chance: float, retry_after: float | None) -> None:
    schedule = RetrySchedule(WAITS, jitter)
    then = decide(verdict(AttemptResult.RETRY, retry_after), attempts, schedule, NOW, lambda: chance)
    wait, asked = WAITS[attempts - 1], timedelta(seconds=retry_after or 0)
    assert NOW + max(wait, asked) <= then.due_at <= NOW + max(wait * (1 + jitter), asked) + timedelta(microseconds=1)
