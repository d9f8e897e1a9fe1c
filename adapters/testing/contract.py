"""The contract that every adapter passes, as pytest classes to subclass."""
# ruff: noqa: S101, D102

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from adapters.testing.place import Place, RemotePlace
from adapters.testing.progress import MemoryProgress
from adapters.testing.sample import sample_event
from gateway.domain.adapter import Adapter, BatchAdapter, Preview
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.event import Event
from gateway.domain.ids import derived_id

_GOOD = (AttemptResult.DELIVERED, AttemptResult.DUPLICATE)


class AdapterContract:
    """What every adapter keeps to. Subclass it as `Test...` and give it a fixture `place`."""

    def test_it_is_an_adapter(self, place: Place) -> None:
        assert isinstance(place.adapter(), Adapter)

    def test_good_settings_have_no_problems(self, place: Place) -> None:
        assert list(place.adapter().check()) == []

    def test_it_delivers_and_the_destination_sees_the_id(self, place: Place) -> None:
        event = sample_event()
        assert place.adapter().deliver(event, MemoryProgress()).result is AttemptResult.DELIVERED
        assert list(place.arrived()) == [event.id]

    def test_the_same_event_twice_keeps_its_id(self, place: Place) -> None:
        adapter, event = place.adapter(), sample_event()
        assert [adapter.deliver(event, MemoryProgress(attempt=n)).result in _GOOD for n in (1, 2)] == [True, True]
        assert set(place.arrived()) == {event.id}

    def test_two_threads_at_once(self, place: Place) -> None:
        adapter = place.adapter()
        events = [_numbered(number) for number in range(20)]
        with ThreadPoolExecutor(2) as pool:
            verdicts = list(pool.map(lambda event: adapter.deliver(event, MemoryProgress()), events))
        assert {verdict.result for verdict in verdicts} == {AttemptResult.DELIVERED}
        assert sorted(place.arrived()) == sorted(event.id for event in events)

    def test_a_preview_delivers_nothing(self, place: Place) -> None:
        previews = place.adapter().preview(sample_event())
        assert previews
        assert all(isinstance(preview, Preview) and preview.title for preview in previews)
        assert list(place.arrived()) == []

    def test_no_secret_is_shown(self, place: Place) -> None:
        adapter, event = place.adapter(), sample_event()
        shown = repr([adapter, adapter.preview(event), adapter.deliver(event, MemoryProgress()), adapter.check()])
        assert [secret for secret in place.secrets if secret in shown] == []

    def test_no_secret_is_printed_or_logged(self, place: Place, capfd: pytest.CaptureFixture[str]) -> None:
        adapter, event = place.adapter(), sample_event()
        adapter.check()
        adapter.preview(event)
        adapter.deliver(event, MemoryProgress())
        adapter.close()
        out, err = capfd.readouterr()
        assert [secret for secret in place.secrets if secret in out + err] == []

    def test_the_payer_is_in_no_reason_or_detail(self, place: Place) -> None:
        verdict = place.adapter().deliver(sample_event(), MemoryProgress())
        assert_names_no_payer(verdict)

    def test_close_is_quick_and_may_be_repeated(self, place: Place) -> None:
        adapter = place.adapter()
        adapter.deliver(sample_event(), MemoryProgress())
        started = time.monotonic()
        adapter.close()
        adapter.close()
        assert time.monotonic() - started < 5


class BatchContract(AdapterContract):
    """What an adapter keeps to that takes several events at once."""

    def test_it_is_a_batch_adapter(self, place: Place) -> None:
        assert isinstance(place.adapter(), BatchAdapter)

    def test_events_together_get_a_verdict_each(self, place: Place) -> None:
        events = [_numbered(number) for number in range(5)]
        verdicts = _batched(place).deliver_many(events)
        assert [verdict.result for verdict in verdicts] == [AttemptResult.DELIVERED] * 5
        assert sorted(place.arrived()) == sorted(event.id for event in events)

    def test_events_together_may_come_again(self, place: Place) -> None:
        adapter, events = _batched(place), [_numbered(number) for number in range(5)]
        adapter.deliver_many(events[:3])
        verdicts = adapter.deliver_many(events)
        assert [verdict.result for verdict in verdicts[3:]] == [AttemptResult.DELIVERED] * 2
        assert {verdict.result for verdict in verdicts[:3]} <= set(_GOOD)
        assert set(place.arrived()) == {event.id for event in events}

    def test_no_events_get_no_verdicts(self, place: Place) -> None:
        assert list(_batched(place).deliver_many([])) == []


class RemoteContract(AdapterContract):
    """What an adapter keeps to whose destination answers over a network."""

    def test_a_refused_connection_is_temporary(self, place: RemotePlace) -> None:
        verdict = self._judge(place, place.unreachable())
        assert (verdict.result, verdict.status) == (AttemptResult.RETRY, None)

    def test_a_silent_destination_is_temporary(self, place: RemotePlace) -> None:
        assert self._judge(place, place.silent()).result is AttemptResult.RETRY

    def test_bad_credentials_are_permanent(self, place: RemotePlace) -> None:
        verdict = self._judge(place, place.forbidding())
        assert (verdict.result, verdict.status) == (AttemptResult.REJECTED, 401)

    def test_a_busy_destination_sets_the_wait(self, place: RemotePlace) -> None:
        verdict = self._judge(place, place.busy(seconds=77))
        assert (verdict.result, verdict.retry_after) == (AttemptResult.RETRY, timedelta(seconds=77))

    def test_garbage_raises_nothing(self, place: RemotePlace) -> None:
        assert self._judge(place, place.babbling()).result is AttemptResult.RETRY

    def _judge(self, place: RemotePlace, adapter: Adapter) -> Verdict:
        """Deliver, and hold the verdict to what counts in all trouble: no secret, no payer, something to read."""
        event = sample_event()
        verdict = adapter.deliver(event, MemoryProgress())
        # Afterwards too: what was issued on the way must not turn up later.
        shown = repr([verdict, adapter, adapter.preview(event), adapter.check()])
        assert [secret for secret in place.secrets if secret in shown] == []
        assert_names_no_payer(verdict)
        assert verdict.reason
        assert verdict.detail
        return verdict


def _batched(place: Place) -> BatchAdapter:
    adapter = place.adapter()
    assert isinstance(adapter, BatchAdapter)
    return adapter


def _numbered(number: int) -> Event:
    return sample_event(id=derived_id("event", str(number)), payment_id=str(number), receipt=f"UC2A1B2C{number:02}")


def assert_names_no_payer(verdict: Verdict) -> None:
    """Fail where the adapter's own words name the payer of `sample_event`."""
    words = verdict.reason + verdict.detail
    assert [fact for fact in ("254712345678", "712345678", "WANJIKU") if fact in words] == []
