"""Raw bytes carry no id of ours: their send is begun in the store first, and never repeated blindly."""

from collections.abc import Callable

import pytest

from adapters.http import HttpAdapter
from adapters.testing import Answer, MemoryProgress, Receiver, sample_event
from gateway.domain.delivery import AttemptResult
from gateway.domain.errors import StoreUnavailable

DELIVERED, RETRY, REJECTED, UNKNOWN = (
    AttemptResult.DELIVERED,
    AttemptResult.RETRY,
    AttemptResult.REJECTED,
    AttemptResult.UNKNOWN,
)

Make = Callable[..., HttpAdapter]


def test_a_begun_step_is_committed_before_anything_is_sent(receiver: Receiver, make_http: Make) -> None:
    seen_at_begin: list[int] = []

    class Watching(MemoryProgress):
        def begin(self, step: str) -> None:
            seen_at_begin.append(len(receiver.requests))
            super().begin(step)

    progress = Watching()
    make_http(receiver.url, raw=True).deliver(sample_event(), progress)
    assert (seen_at_begin, progress.log, len(receiver.requests)) == ([0], [("begin", "send")], 1)


@pytest.mark.parametrize("settings", [{}, {"raw": True, "idempotent": True}])
def test_what_may_be_repeated_begins_no_step(settings: dict[str, bool], receiver: Receiver, make_http: Make) -> None:
    progress = MemoryProgress(open_step="send")
    verdict = make_http(receiver.url, **settings).deliver(sample_event(), progress)
    assert (verdict.result, progress.log, len(receiver.requests)) == (DELIVERED, [], 1)


def test_an_open_step_stops_the_next_attempt_of_raw_bytes(receiver: Receiver, make_http: Make) -> None:
    adapter, progress, event = make_http(receiver.url, raw=True), MemoryProgress(), sample_event()
    receiver.script(Answer(cut="before"))
    results = []
    for _ in range(2):
        verdict = adapter.deliver(event, progress)
        progress.settle(verdict)
        results.append((verdict.result, verdict.reason))
    assert results == [(UNKNOWN, "connection_cut"), (UNKNOWN, "open_step")]
    assert len(receiver.requests) == 1


def test_after_a_temporary_answer_raw_bytes_are_sent_again(receiver: Receiver, make_http: Make) -> None:
    adapter, progress, event = make_http(receiver.url, raw=True), MemoryProgress(), sample_event()
    receiver.script(Answer(429), Answer(200))
    results = []
    for _ in range(2):
        verdict = adapter.deliver(event, progress)
        progress.settle(verdict)
        results.append(verdict.result)
    assert results == [RETRY, DELIVERED]
    assert len(receiver.requests) == 2


def test_a_fault_of_the_store_at_begin_sends_nothing(receiver: Receiver, make_http: Make) -> None:
    class Failing(MemoryProgress):
        def begin(self, step: str) -> None:
            raise StoreUnavailable(f"disk full at {step}")

    with pytest.raises(StoreUnavailable):
        make_http(receiver.url, raw=True).deliver(sample_event(), Failing())
    assert receiver.requests == []


def test_raw_bytes_that_are_gone_are_rejected(receiver: Receiver, make_http: Make) -> None:
    progress = MemoryProgress()
    verdict = make_http(receiver.url, raw=True).deliver(sample_event(raw=None), progress)
    assert (verdict.result, verdict.reason, progress.log) == (REJECTED, "no_raw", [])
    assert receiver.requests == []


def test_try_shows_no_request_of_settings_that_cannot_work(
    receiver: Receiver, make_http: Callable[..., HttpAdapter]
) -> None:
    """A body with a faulty template was shown with null in its place, as if that would be sent."""
    adapter = make_http(receiver.url, body={"amount": "{{ 9 ** 9 }}", "near": "{{ amount | center }}"})
    (preview,) = adapter.preview(sample_event())
    assert "holds **" in preview.body
    assert [problem for problem in adapter.check() if problem.endswith("did you mean 'cents'?")]
