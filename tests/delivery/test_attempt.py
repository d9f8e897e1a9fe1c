"""One attempt, whatever the adapter does."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.testing import sample_event
from gateway.delivery.attempt import Attempter
from gateway.domain.adapter import Preview, Progress
from gateway.domain.delivery import AttemptResult, DeliveryState, Verdict
from gateway.domain.due import DeliveryWrite, DueDelivery, StepBegun, StepSaved
from gateway.domain.errors import StoreUnavailable
from gateway.domain.event import Event
from gateway.domain.settings import Destination

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
ERP = Destination("erp", "duka", "http")
DELIVERED = Verdict(AttemptResult.DELIVERED, "http_200")


class Scripted:
    """An adapter that does what it is told, in order: begin a step, save values, raise, or return a verdict."""

    def __init__(self, *script: Any) -> None:
        self._script = script
        self.seen: list[tuple[int, str | None, dict[str, Any]]] = []

    def check(self, live: bool = False) -> Sequence[str]:  # noqa: ARG002
        return ()

    def preview(self, event: Event) -> Sequence[Preview]:  # noqa: ARG002
        return ()

    def close(self) -> None:
        pass

    def deliver(self, event: Event, progress: Progress) -> Verdict:  # noqa: ARG002
        for step in self._script:
            if isinstance(step, Verdict):
                return step
            if isinstance(step, Exception):
                raise step
            if isinstance(step, str):
                progress.begin(step)
            else:
                progress.save(step)
            self.seen.append((progress.attempt, progress.open_step, dict(progress.saved)))
        raise AssertionError("the script has no end")


def attempt(adapter: Scripted, commit: Any = None, **overrides: Any) -> tuple[Any, list[DeliveryWrite]]:
    written: list[DeliveryWrite] = []
    delivery = DueDelivery(**{"id": 7, "destination": "erp", "event": sample_event(), "attempts": 2, **overrides})
    ended = Attempter(lambda: NOW, lambda: 0.0, commit or written.append).attempt(delivery, ERP, adapter)
    return ended, written


def test_what_an_adapter_says_is_what_is_written() -> None:
    ended, written = attempt(Scripted(DELIVERED))
    assert (ended.delivery_id, ended.number, ended.verdict) == (7, 3, DELIVERED)
    assert ended.next.state is DeliveryState.DELIVERED
    assert written == []


def test_steps_are_committed_before_the_adapter_goes_on() -> None:
    adapter = Scripted("find", {"customer": 5}, "create", {"invoice": 9}, DELIVERED)
    _, written = attempt(adapter, saved={"old": 1})
    assert written == [
        StepBegun(7, "find"),
        StepSaved(7, {"old": 1, "customer": 5}),
        StepBegun(7, "create"),
        StepSaved(7, {"old": 1, "customer": 5, "invoice": 9}),
    ]
    assert adapter.seen[-2:] == [
        (3, "create", {"old": 1, "customer": 5}),
        (3, None, {"old": 1, "customer": 5, "invoice": 9}),
    ]


def test_an_exception_before_anything_was_sent_is_tried_again() -> None:
    ended, _ = attempt(Scripted(ValueError("254700000000")))
    assert (ended.verdict.result, ended.verdict.reason) == (AttemptResult.RETRY, "adapter_error")
    assert ended.verdict.detail == "The adapter failed with ValueError."
    ended, _ = attempt(Scripted("create", {"invoice": 9}, ValueError()))
    assert ended.verdict.result is AttemptResult.RETRY


@pytest.mark.parametrize("overrides", [{}, {"open_step": "create"}])
def test_an_exception_inside_a_step_is_unknown_and_never_sent_again_blindly(overrides: dict[str, Any]) -> None:
    """It counted as 'try again' and closed the step, so that the next attempt sent it once more."""
    script = [] if overrides else ["create"]
    ended, _ = attempt(Scripted(*script, ValueError()), **overrides)
    assert (ended.verdict.result, ended.next.state) == (AttemptResult.UNKNOWN, DeliveryState.DEAD)
    assert "The step 'create' may have arrived" in ended.verdict.detail


def test_a_step_that_cannot_be_committed_is_not_sent() -> None:
    def refuse(_item: DeliveryWrite) -> None:
        raise StoreUnavailable("database is locked")

    adapter = Scripted("create", DELIVERED)
    with pytest.raises(StoreUnavailable):
        attempt(adapter, commit=refuse)
    assert adapter.seen == []


def test_no_log_line_quotes_the_payer(capfd: pytest.CaptureFixture[str]) -> None:
    attempt(Scripted(ValueError("254712345678 WANJIKU")))
    out, err = capfd.readouterr()
    assert "an adapter failed" in out + err
    assert [word for word in ("254712345678", "WANJIKU") if word in out + err] == []


class Together(Scripted):
    """An adapter that takes several events at once and gives the verdicts it is told to, or raises."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self._answer = answer
        self.got: list[str] = []

    def deliver_many(self, events: Sequence[Event]) -> Sequence[Verdict]:
        self.got += [event.id for event in events]
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def together(adapter: Together, commit: Any = None, unsealed: bool = False) -> list[Any]:
    deliveries = [
        DueDelivery(id=n, destination="erp", event=sample_event(id=f"event-{n}"), attempts=n, unsealed=unsealed)
        for n in range(3)
    ]
    return Attempter(lambda: NOW, lambda: 0.0, commit or (lambda _: None)).attempt_together(deliveries, ERP, adapter)


def test_events_that_go_together_have_an_attempt_each() -> None:
    rejected = Verdict(AttemptResult.REJECTED, "constraint")
    ended = together(Together([DELIVERED, rejected, DELIVERED]))
    assert [(each.delivery_id, each.number, each.verdict) for each in ended] == [
        (0, 1, DELIVERED),
        (1, 2, rejected),
        (2, 3, DELIVERED),
    ]
    assert [each.next.state for each in ended] == [DeliveryState.DELIVERED, DeliveryState.DEAD, DeliveryState.DELIVERED]


@pytest.mark.parametrize("answer", [RuntimeError("no"), [DELIVERED, DELIVERED]], ids=["raises", "one_verdict_short"])
def test_a_fault_of_the_adapter_is_tried_again_for_all(answer: Any) -> None:
    ended = together(Together(answer))
    assert [(each.verdict.result, each.verdict.reason) for each in ended] == [
        (AttemptResult.RETRY, "adapter_error")
    ] * 3


def test_what_a_twin_has_routed_elsewhere_is_left_out() -> None:
    def commit(item: DeliveryWrite) -> Event | None:
        return None if item.delivery_id == 1 else sample_event(id=f"sealed-{item.delivery_id}")

    adapter = Together([DELIVERED, DELIVERED])
    assert [each.delivery_id for each in together(adapter, commit, unsealed=True)] == [0, 2]
    assert adapter.got == ["sealed-0", "sealed-2"]


def test_nothing_is_sent_together_where_one_cannot_be_sealed() -> None:
    def commit(item: DeliveryWrite) -> Event | None:
        if item.delivery_id == 2:
            raise StoreUnavailable("no")
        return sample_event()

    adapter = Together([DELIVERED] * 3)
    with pytest.raises(StoreUnavailable):
        together(adapter, commit, unsealed=True)
    assert adapter.got == []
