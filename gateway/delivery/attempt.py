"""One attempt: the adapter is asked once, and what it says becomes one row and one log line."""

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from gateway.crash import point
from gateway.delivery.decide import decide
from gateway.delivery.progress import StoredProgress
from gateway.domain.adapter import Adapter, BatchAdapter
from gateway.domain.delivery import AttemptResult, DeliveryState, Verdict
from gateway.domain.due import AttemptEnded, DeliveryWrite, DueDelivery, Seal, Written
from gateway.domain.errors import StoreUnavailable
from gateway.domain.event import Event
from gateway.domain.settings import Destination
from gateway.domain.times import Clock

_LOG = structlog.get_logger("delivery")


@dataclass(frozen=True, slots=True)
class Attempter:
    """Makes attempts. Used from many threads at once."""

    clock: Clock
    chance: Callable[[], float]
    # Writes one row and returns its outcome when it is on disk; raises StoreUnavailable.
    commit: Callable[[DeliveryWrite], Written]

    def attempt(
        self, delivery: DueDelivery, destination: Destination, adapter: Adapter, *, is_probe: bool = False
    ) -> AttemptEnded | None:
        """Try once; return None where a twin has meanwhile routed the event elsewhere.

        Raises StoreUnavailable where a step could not be committed: then nothing was sent.
        """
        point("after_claim")
        sealed = self._sealed(delivery)
        if sealed is None:
            return None
        started_at, started = self.clock(), time.monotonic()
        verdict = self._ask(sealed, adapter)
        point("after_send")
        return self._ended(sealed, destination, verdict, started_at, started, is_probe)

    def attempt_together(
        self,
        deliveries: Sequence[DueDelivery],
        destination: Destination,
        adapter: BatchAdapter,
        *,
        is_probe: bool = False,
    ) -> list[AttemptEnded]:
        """Try several at once; what a twin has meanwhile routed elsewhere is left out.

        Raises StoreUnavailable where one could not be sealed: then nothing was sent.
        """
        point("after_claim")
        sealed = [each for each in map(self._sealed, deliveries) if each is not None]
        started_at, started = self.clock(), time.monotonic()
        verdicts = self._ask_together(sealed, adapter)
        point("after_send")
        return [
            self._ended(delivery, destination, verdict, started_at, started, is_probe)
            for delivery, verdict in zip(sealed, verdicts, strict=True)
        ]

    def _sealed(self, delivery: DueDelivery) -> DueDelivery | None:
        """Return the delivery with its event fixed for good, None where a twin has routed it elsewhere."""
        if not delivery.unsealed:
            return delivery
        event = self.commit(Seal(delivery.id, delivery.event.id))
        if not isinstance(event, Event):
            return None
        point("after_seal")
        return replace(delivery, event=event)

    def _ended(
        self,
        delivery: DueDelivery,
        destination: Destination,
        verdict: Verdict,
        started_at: datetime,
        started: float,
        is_probe: bool,
    ) -> AttemptEnded:
        number, schedule = delivery.attempts + 1, destination.retry
        ended = AttemptEnded(
            delivery_id=delivery.id,
            number=number,
            started_at=started_at,
            duration_ms=int((time.monotonic() - started) * 1000),
            verdict=verdict,
            next=decide(verdict, number, schedule, self.clock(), self.chance, was_probe=is_probe),
        )
        _tell(delivery, ended)
        return ended

    def _ask(self, delivery: DueDelivery, adapter: Adapter) -> Verdict:
        progress = StoredProgress(delivery, self.commit)
        try:
            return adapter.deliver(delivery.event, progress)
        except StoreUnavailable:
            raise
        except Exception as error:
            _tell_of_failure(error, delivery)
            return _failed(error, progress.open_step)

    def _ask_together(self, deliveries: Sequence[DueDelivery], adapter: BatchAdapter) -> Sequence[Verdict]:
        try:
            verdicts = adapter.deliver_many([delivery.event for delivery in deliveries])
            if len(verdicts) != len(deliveries):
                raise ValueError(f"{len(verdicts)} verdicts on {len(deliveries)} events")
        except Exception as error:
            _tell_of_failure(error, *deliveries)
            return [_failed(error, None)] * len(deliveries)
        return verdicts


def _tell_of_failure(error: Exception, *deliveries: DueDelivery) -> None:
    # The text of a foreign exception may quote the request; only its type and place are safe to log.
    place = "".join(traceback.format_tb(error.__traceback__)[-3:])
    for delivery in deliveries:
        _LOG.error("an adapter failed", event_id=delivery.event.id, error=type(error).__name__, place=place)


def _failed(error: Exception, open_step: str | None) -> Verdict:
    """Judge an attempt that ended in an exception: after a step was begun nobody knows what was sent."""
    sentence = f"The adapter failed with {type(error).__name__}."
    if open_step is None:
        return Verdict(AttemptResult.RETRY, "adapter_error", sentence)
    return Verdict(
        AttemptResult.UNKNOWN,
        "adapter_error",
        f"{sentence} The step {open_step!r} may have arrived: look there before you replay it.",
    )


def _tell(delivery: DueDelivery, ended: AttemptEnded) -> None:
    verdict, then = ended.verdict, ended.next
    log = _LOG.warning if then.state is DeliveryState.DEAD else _LOG.info
    log(
        "attempt",
        event_id=delivery.event.id,
        tenant=delivery.event.tenant,
        destination=delivery.destination,
        attempt=ended.number,
        result=verdict.result.value,
        reason=verdict.reason,
        status=verdict.status,
        duration_ms=ended.duration_ms,
        state=then.state.value,
        due_at=then.due_at.isoformat() if then.state is DeliveryState.PENDING else None,
    )
