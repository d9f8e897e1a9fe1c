"""From a request to its answer: the pure pipeline, one commit, and what to do when either fails."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from gateway.domain.callback import Callback
from gateway.domain.errors import StoreUnavailable
from gateway.domain.received import Quarantined, Question, Reason, Received
from gateway.domain.settled import Settled
from gateway.pipeline.hooks import Hook
from gateway.pipeline.receive import receive
from gateway.providers.mpesa.fields import SUCCESS
from gateway.server.answers import DISPOSITIONS, Answer, Decision, answer

_LOG = structlog.get_logger("intake")

Ticket = asyncio.Future[Settled | None]
Submit = Callable[[Received, Ticket], None]

_REASONS = {Reason.UNREADABLE: Decision.UNREADABLE, Reason.TOO_LARGE: Decision.TOO_LARGE}


class Intake:
    """Takes authenticated callbacks. `submit` queues one for the writer and raises StoreBusy when it cannot."""

    def __init__(self, submit: Submit, committed: Callable[[Settled], None]) -> None:
        self._submit = submit
        self._committed = committed
        # The loop itself keeps only a weak hold of its tasks.
        self._recording: set[asyncio.Task[None]] = set()

    async def take(self, hook: Hook, callback: Callback, refused: Quarantined | None = None) -> tuple[Decision, Answer]:
        """Return the answer to a callback, after the commit that it speaks of.

        `refused` is given where the callback goes to quarantine whatever it says (too large, wrong address).
        """
        try:
            received = refused or receive(hook, callback)
        except Exception as error:
            received = _bug(callback, error)
        if hook.kind is not None and hook.kind.question is not None:
            self._record_later(received)
            return _decision(received, None), answer_to(hook, received, None)
        decision = await self._commit(received)
        return decision, answer(decision, _success(hook))

    async def _commit(self, received: Received) -> Decision:
        try:
            settled = await self._write(received)
        except StoreUnavailable:
            return Decision.UNAVAILABLE
        except Exception as error:
            # The row itself is at fault, and that is our bug: keep the bytes, and tell the sender that we have them.
            return await self._keep(_bug(received.callback, error))
        if isinstance(received, Quarantined):
            _warn(received)
        elif settled is not None:
            self._tell(settled)
        return _decision(received, settled)

    async def _keep(self, quarantined: Quarantined) -> Decision:
        try:
            await self._write(quarantined)
        except Exception:
            return Decision.UNAVAILABLE
        _warn(quarantined)
        return Decision.QUARANTINED

    async def _write(self, received: Received) -> Settled | None:
        ticket: Ticket = asyncio.get_running_loop().create_future()
        self._submit(received, ticket)
        return await ticket

    def _record_later(self, received: Received) -> None:
        """Write what a question was after it is answered: its answer waits for nobody."""
        task = asyncio.get_running_loop().create_task(self._record(received))
        self._recording.add(task)
        task.add_done_callback(self._recording.discard)

    async def _record(self, received: Received) -> None:
        try:
            await self._write(received)
        except Exception as error:
            _LOG.error("a validation was answered but not recorded", error=type(error).__name__)
        else:
            if isinstance(received, Quarantined):
                _warn(received)

    def _tell(self, settled: Settled) -> None:
        if settled.note:
            _LOG.warning(
                settled.note,
                tenant=settled.arrival.callback.tenant,
                event_id=settled.arrival.event.id,
                payment_id=settled.payment.id if settled.payment else None,
                disposition=settled.disposition.value,
            )
        self._committed(settled)


def answer_to(hook: Hook, received: Received, settled: Settled | None) -> Answer:
    """Return the answer to a callback that is, or would be, committed. `settled` is given for arrivals."""
    if hook.kind is None or hook.kind.question is None:
        return answer(_decision(received, settled), _success(hook))
    # A question gets its decision whatever it looks like: no answer, or another status, would cost the payer.
    decision = received.decision if isinstance(received, Question) else hook.shortcode.validation_default
    taken = Decision.QUARANTINED if isinstance(received, Quarantined) else Decision.ACCEPTED
    return answer(taken, hook.kind.question(decision))


def last_resort(hook: Hook) -> Answer:
    """Return the answer where nothing is known to be kept. A question gets its decision even then."""
    if hook.kind is None or hook.kind.question is None:
        return answer(Decision.UNAVAILABLE, b"")
    return answer(Decision.ACCEPTED, hook.kind.question(hook.shortcode.validation_default))


def _decision(received: Received, settled: Settled | None) -> Decision:
    if isinstance(received, Quarantined):
        return _REASONS.get(received.reason, Decision.QUARANTINED)
    return Decision.ACCEPTED if settled is None else DISPOSITIONS[settled.disposition]


def _success(hook: Hook) -> bytes:
    return SUCCESS if hook.kind is None else hook.kind.success


def resolver(loop: asyncio.AbstractEventLoop) -> Callable[[Sequence[tuple[Ticket, Settled | Exception | None]]], None]:
    """Return what hands the outcomes of a batch from the writer's thread to the loop, in one call for each batch."""

    def resolve(outcomes: Sequence[tuple[Ticket, Settled | Exception | None]]) -> None:
        loop.call_soon_threadsafe(_set, outcomes)

    return resolve


def _set(outcomes: Sequence[tuple[Ticket, Settled | Exception | None]]) -> None:
    for ticket, outcome in outcomes:
        if ticket.done():
            continue
        if isinstance(outcome, Exception):
            ticket.set_exception(outcome)
        else:
            ticket.set_result(outcome)


def _bug(callback: Callback, error: Exception) -> Quarantined:
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_qualname} line {place.tb_lineno}" if place is not None else "unknown place"
    return Quarantined(callback, Reason.BUG, detail=f"{type(error).__name__} in {where}")


def _warn(quarantined: Quarantined) -> None:
    callback = quarantined.callback
    log = _LOG.error if quarantined.reason is Reason.BUG else _LOG.warning
    log(
        "quarantined",
        tenant=callback.tenant,
        shortcode=callback.shortcode,
        kind=callback.kind,
        quarantine_id=str(callback.id),
        reason=quarantined.reason.value,
        path=quarantined.path,
    )
