"""A destination's lane: what may begin, and what follows from what has ended."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.delivery.lane import Lane
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.due import Candidate
from gateway.domain.lane import BreakerSettings, LaneSettings, LaneState, ParkedBy, Rate

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
DELIVERED = Verdict(AttemptResult.DELIVERED, "http_200", status=200)
DOWN = Verdict(AttemptResult.RETRY, "http_500", status=500)
BREAKS_AT_ONCE = LaneSettings(breaker=BreakerSettings(failures=1, pause=10 * SECOND), park_after=3 * DAY)


def waiting(*payments: str | None) -> list[Candidate]:
    return [Candidate(number, "duka", "erp", payment) for number, payment in enumerate(payments)]


def ids(requests: list[list[Candidate]]) -> list[list[int]]:
    return [[each.id for each in request] for request in requests]


def run(lane: Lane, verdict: Verdict, at: datetime) -> None:
    was_probe = lane.began(["p"], at)
    lane.ended([verdict], at, was_probe=was_probe)
    lane.freed(["p"])


def test_eight_at_once_unless_told() -> None:
    lane = Lane(LaneSettings())
    assert lane.room(NOW) == 8
    for _ in range(8):
        lane.began(["p"], NOW)
    assert (lane.room(NOW), lane.opening(NOW), lane.under_way) == (0, None, 8)
    # An end alone frees no place: what came of it may have to be written again.
    lane.ended([DELIVERED], NOW, was_probe=False)
    assert lane.room(NOW) == 0
    lane.freed(["p"])
    assert (lane.room(NOW), Lane(LaneSettings(concurrency=3)).room(NOW)) == (1, 3)


def test_where_several_go_together_one_request_of_200_is_under_way_unless_told() -> None:
    lane = Lane(LaneSettings(), takes_several=True)
    assert (lane.room(NOW), lane.batch) == (1, 200)
    lane = Lane(LaneSettings(batch=2, concurrency=2), takes_several=True)
    assert ids(lane.choose(waiting("a", "b", "c", "d", "e"), lane.room(NOW))) == [[0, 1], [2, 3]]
    assert Lane(LaneSettings(batch=2)).batch == 1


def test_two_events_of_one_payment_are_never_under_way_at_once() -> None:
    lane = Lane(LaneSettings())
    assert ids(lane.choose(waiting("a", "a", "b", None, None), 8)) == [[0], [2], [3], [4]]
    lane.began(["a"], NOW)
    assert ids(lane.choose(waiting("a", "b"), 8)) == [[1]]
    lane.freed(["a"])
    assert ids(lane.choose(waiting("a", "b"), 8)) == [[0], [1]]


def test_a_rate_leaves_room_for_the_next_in_time() -> None:
    lane = Lane(LaneSettings(rate=Rate(60, 60 * SECOND)))
    run(lane, DELIVERED, NOW)
    assert (lane.room(NOW), lane.opening(NOW), lane.room(NOW + SECOND)) == (0, NOW + SECOND, 1)


def test_out_of_order_one_alone_is_the_probe() -> None:
    lane = Lane(BREAKS_AT_ONCE, takes_several=True)
    run(lane, DOWN, NOW)
    assert (lane.room(NOW), lane.opening(NOW)) == (0, NOW + 10 * SECOND)
    at = NOW + 10 * SECOND
    assert ids(lane.choose(waiting("a", "b", "c"), lane.room(at))) == [[0]]
    assert lane.began(["a"], at) is True
    assert (lane.room(at), lane.opening(at)) == (0, None)
    lane.ended([DELIVERED], at, was_probe=True)
    lane.freed(["a"])
    assert (lane.room(at), lane.probes, lane.told().opened_at) == (1, False, None)


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_for_rest_is_left_alone_altogether(status: int) -> None:
    lane = Lane(LaneSettings(breaker=None))
    asks = Verdict(AttemptResult.RETRY, f"http_{status}", status=status, retry_after=60 * SECOND)
    run(lane, asks, NOW)
    run(lane, replace(asks, retry_after=5 * SECOND), NOW)
    assert (lane.room(NOW + 59 * SECOND), lane.opening(NOW), lane.room(NOW + 60 * SECOND)) == (0, NOW + 60 * SECOND, 8)
    assert lane.told().held_until == NOW + 60 * SECOND
    # After a restart too.
    assert Lane(LaneSettings(), state=lane.told()).room(NOW) == 0


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(AttemptResult.RETRY, "http_408", status=408, retry_after=60 * SECOND),
        Verdict(AttemptResult.RETRY, "http_503", status=503),
        # It waits for an answer that may yet come, for this one event.
        Verdict(AttemptResult.UNKNOWN, "http_503", status=503, retry_after=60 * SECOND, looks_first=True),
        Verdict(AttemptResult.REJECTED, "reject_when", status=429, retry_after=60 * SECOND),
    ],
)
def test_nothing_else_holds_the_others_up(verdict: Verdict) -> None:
    lane = Lane(LaneSettings(breaker=None))
    run(lane, verdict, NOW)
    assert lane.room(NOW) == 8


def test_a_day_is_the_longest_rest() -> None:
    lane = Lane(LaneSettings())
    run(lane, Verdict(AttemptResult.RETRY, "http_429", status=429, retry_after=9 * DAY), NOW)
    assert lane.room(NOW + DAY) == 8


def test_after_days_out_of_order_it_parks_itself() -> None:
    lane = Lane(BREAKS_AT_ONCE)
    run(lane, DOWN, NOW)
    run(lane, DOWN, NOW + 2.9 * DAY)
    assert not lane.is_parked
    run(lane, DOWN, NOW + 3 * DAY)
    assert (lane.room(NOW + 9 * DAY), lane.opening(NOW + 9 * DAY)) == (0, None)
    assert lane.told() == LaneState(opened_at=NOW, parked_at=NOW + 3 * DAY, parked_by=ParkedBy.BREAKER)


def test_quiet_days_park_nothing() -> None:
    """A weekend without a payment is no outage: only a try that fails counts."""
    lane = Lane(BREAKS_AT_ONCE)
    run(lane, DOWN, NOW)
    run(lane, DELIVERED, NOW + 5 * DAY)
    assert (lane.is_parked, lane.room(NOW + 5 * DAY)) == (False, 8)


def test_it_never_parks_itself_where_that_is_off() -> None:
    lane = Lane(replace(BREAKS_AT_ONCE, park_after=None))
    run(lane, DOWN, NOW)
    run(lane, DOWN, NOW + 99 * DAY)
    assert not lane.is_parked


def test_a_person_parks_it_and_lets_it_go_on() -> None:
    lane = Lane(LaneSettings())
    lane.heard(LaneState(parked_at=NOW, parked_by=ParkedBy.HAND))
    assert lane.room(NOW) == 0
    lane.heard(LaneState(resumed_at=NOW + SECOND))
    assert lane.room(NOW + SECOND) == 8


def test_going_on_ends_rest_and_pause_and_gives_it_the_whole_time_again() -> None:
    lane = Lane(BREAKS_AT_ONCE)
    run(lane, Verdict(AttemptResult.RETRY, "http_503", status=503, retry_after=DAY), NOW)
    run(lane, DOWN, NOW + 3 * DAY)
    assert lane.is_parked
    resumed = NOW + 4 * DAY
    lane.heard(LaneState(resumed_at=resumed))
    assert (lane.room(resumed), lane.probes) == (1, True)
    run(lane, DOWN, resumed)
    assert (lane.is_parked, lane.told().opened_at) == (False, resumed)
