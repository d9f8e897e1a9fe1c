"""When a destination counts as out of order."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.delivery.breaker import Breaker, failed
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.lane import BreakerSettings

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RETRY, REJECTED, UNKNOWN = AttemptResult.RETRY, AttemptResult.REJECTED, AttemptResult.UNKNOWN
DELIVERED, DUPLICATE = AttemptResult.DELIVERED, AttemptResult.DUPLICATE

# Result, reason, status: does it speak against the destination? None: it says nothing of it.
TABLE = [
    (DELIVERED, "http_200", 200, False),
    (DUPLICATE, "duplicate_when", 409, False),
    (REJECTED, "http_400", 400, False),
    (REJECTED, "redirect", 301, False),
    (REJECTED, "constraint", None, False),
    (REJECTED, "jsonrpc_error", 200, False),
    # Whoever says 'later' has answered.
    (RETRY, "http_429", 429, False),
    (RETRY, "http_408", 408, False),
    (RETRY, "retry_when", 200, False),
    (RETRY, "http_500", 500, True),
    (RETRY, "http_503", 503, True),
    (UNKNOWN, "http_502", 502, True),
    (RETRY, "timeout", None, True),
    (UNKNOWN, "timeout", None, True),
    (RETRY, "timeout", 200, True),
    (RETRY, "no_connection", None, True),
    (RETRY, "tls", None, True),
    (UNKNOWN, "connection_cut", None, True),
    (RETRY, "restarting", None, True),
    # One row's trouble.
    (RETRY, "deadlock", None, None),
    (RETRY, "locked", None, None),
    # It was not asked.
    (RETRY, "adapter_error", None, None),
    (UNKNOWN, "open_step", None, None),
    (REJECTED, "cannot_render", None, None),
    (RETRY, "faulty_settings", None, None),
    (REJECTED, "auth_refused", None, None),
    (DELIVERED, "done", None, None),
]


@pytest.mark.parametrize(("result", "reason", "status", "against"), TABLE)
def test_what_speaks_against_a_destination(
    result: AttemptResult, reason: str, status: int | None, against: bool | None
) -> None:
    assert failed([Verdict(result, reason, status=status)]) is against


def test_of_several_in_one_request_one_answer_is_enough() -> None:
    down, said, silent = (
        Verdict(RETRY, "timeout"),
        Verdict(REJECTED, "constraint"),
        Verdict(RETRY, "adapter_error"),
    )
    assert failed([down, said, silent]) is False
    assert failed([down, silent]) is True
    assert failed([silent]) is None
    assert failed([]) is None


def opened(failures: int = 3, pause: int = 10) -> Breaker:
    breaker = Breaker(BreakerSettings(failures=failures, pause=pause * SECOND))
    for _ in range(failures):
        breaker.told(True, NOW, was_probe=False)
    return breaker


def probe(breaker: Breaker, at: datetime, has_failed: bool | None) -> None:
    assert breaker.room(at) == 1
    breaker.probe()
    assert breaker.room(at) == 0
    breaker.told(has_failed, at, was_probe=True)


def test_failures_in_a_row_open_it() -> None:
    breaker = Breaker(BreakerSettings(failures=3))
    for has_failed in (True, True, False, True, True, None, True):
        assert breaker.room(NOW) is None
        breaker.told(has_failed, NOW, was_probe=False)
    assert (breaker.is_open, breaker.opened_at, breaker.room(NOW)) == (True, NOW, 0)


def test_off_it_never_opens() -> None:
    breaker = Breaker(None, NOW)
    for _ in range(1000):
        breaker.told(True, NOW, was_probe=False)
    assert breaker.room(NOW) is None


def test_a_share_of_failures_within_the_window_opens_it() -> None:
    settings = BreakerSettings(failures=1000, share=0.5, window=60 * SECOND, at_least=10)
    breaker = Breaker(settings)
    # So long ago that they do not count.
    for _ in range(9):
        breaker.told(True, NOW - 61 * SECOND, was_probe=False)
    for number in range(9):
        breaker.told(number % 2 == 0, NOW, was_probe=False)
    assert not breaker.is_open
    breaker.told(True, NOW, was_probe=False)
    assert breaker.is_open


def test_a_smaller_share_does_not() -> None:
    breaker = Breaker(BreakerSettings(failures=1000, share=0.5, at_least=10))
    for number in range(300):
        breaker.told(number % 3 == 0, NOW, was_probe=False)
    assert not breaker.is_open


def test_one_probe_at_a_time_and_each_pause_is_longer() -> None:
    breaker, at, pauses = opened(pause=10), NOW, []
    for _ in range(6):
        opening = breaker.opening(at)
        pauses.append((opening - at) / SECOND)
        assert breaker.room(opening - SECOND) == 0
        at = opening
        probe(breaker, at, True)
    assert pauses == [10, 20, 40, 80, 100, 100]
    assert breaker.opened_at == NOW


def test_a_probe_that_comes_through_closes_it() -> None:
    breaker = opened()
    probe(breaker, NOW + 10 * SECOND, False)
    assert (breaker.is_open, breaker.room(NOW)) == (False, None)
    # And it takes as many failures as before to open it again.
    breaker.told(True, NOW, was_probe=False)
    assert not breaker.is_open


def test_a_probe_that_says_nothing_is_followed_by_the_next() -> None:
    breaker, at = opened(), NOW + 10 * SECOND
    probe(breaker, at, None)
    assert (breaker.is_open, breaker.room(at)) == (True, 1)


def test_what_was_under_way_when_it_opened_is_no_probe() -> None:
    breaker = opened()
    breaker.told(True, NOW + 9 * SECOND, was_probe=False)
    assert breaker.opening(NOW) == NOW + 10 * SECOND
    breaker.told(False, NOW + 9 * SECOND, was_probe=False)
    assert not breaker.is_open


def test_after_a_restart_it_is_half_open_at_once() -> None:
    breaker = Breaker(BreakerSettings(), NOW - timedelta(days=1))
    probe(breaker, NOW, True)
    assert breaker.opened_at == NOW - timedelta(days=1)


def test_a_clock_that_goes_back_keeps_it_open_no_longer_than_ever() -> None:
    earlier = NOW - timedelta(days=1)
    assert opened(pause=10).opening(earlier) == earlier + 100 * SECOND


def test_when_a_person_says_so_it_is_tried_at_once_and_the_time_counts_anew() -> None:
    breaker = opened()
    breaker.try_now(NOW + SECOND)
    assert (breaker.room(NOW + SECOND), breaker.opened_at) == (1, NOW + SECOND)
