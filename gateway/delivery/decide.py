"""What follows from an attempt: a pure decision."""

from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.domain.delivery import AttemptResult, DeliveryState, Verdict
from gateway.domain.due import Next
from gateway.domain.settings import RetrySchedule

_ENDS = {
    AttemptResult.DELIVERED: DeliveryState.DELIVERED,
    AttemptResult.DUPLICATE: DeliveryState.DELIVERED,
    AttemptResult.REJECTED: DeliveryState.DEAD,
    AttemptResult.UNKNOWN: DeliveryState.DEAD,
}


def decide(
    verdict: Verdict,
    attempts: int,
    schedule: RetrySchedule,
    now: datetime,
    chance: Callable[[], float],
    *,
    was_probe: bool = False,
) -> Next:
    """Return what becomes of a delivery after its `attempts`-th attempt ended with `verdict`.

    `chance` gives a number from 0 to 1: jitter is only ever added, so that no attempt comes before its time.
    A probe of a destination that is out of order is nobody's last attempt: the schedule's last wait follows again.
    """
    state = None if verdict.looks_first else _ENDS.get(verdict.result)
    if state is not None:
        return Next(state, now, verdict.reason, verdict.detail)
    if attempts > len(schedule.waits) and not (was_probe and schedule.waits):
        detail = f"Given up after {attempts} attempts. The last: {verdict.detail}"
        return Next(DeliveryState.DEAD, now, verdict.reason, detail)
    wait = schedule.waits[min(attempts, len(schedule.waits)) - 1] * (1 + schedule.jitter * chance())
    wait = max(wait, verdict.retry_after or timedelta(0))
    return Next(DeliveryState.PENDING, now + wait, verdict.reason, verdict.detail)
