"""From a request to its answer: the pure pipeline, one commit, and what to do when either fails."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from gateway.crash import point
from gateway.domain.callback import Callback
from gateway.domain.errors import QuarantineFull, StoreUnavailable
from gateway.domain.received import Quarantined, Question, Reason, Received
from gateway.domain.settled import Disposition, Settled
from gateway.pipeline.hooks import Hook
from gateway.pipeline.receive import receive
from gateway.providers.mpesa.fields import SUCCESS
from gateway.server.answers import DISPOSITIONS, Answer, Decision, answer

_LOG = structlog.get_logger("intake")

Outcome = Settled | Exception | None
"""What the writer says of one item: an arrival settled, None for what is only kept, or why it is not written."""
Ticket = Callable[[Outcome], None]
"""Takes the outcome of one item, on the event loop."""
Submit = Callable[[Received, Ticket], None]
Done = Callable[[Decision, Answer], None]
"""Takes the decision about a callback and the answer to it."""

OVER_BUDGET = "deciding took longer than validation_budget"

_REASONS = {Reason.UNREADABLE: Decision.UNREADABLE, Reason.TOO_LARGE: Decision.TOO_LARGE}


class Intake:
    """Takes authenticated callbacks. `submit` queues one for the writer and raises StoreBusy when it cannot."""

    def __init__(
        self, submit: Submit, committed: Callable[[Settled], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._submit = submit
        self._committed = committed
        self._clock = clock

    def take(self, hook: Hook, callback: Callback, done: Done, refused: Quarantined | None = None) -> None:
        """Take a callback; `done` gets the answer, after the commit that it speaks of.

        `refused` is given where the callback goes to quarantine whatever it says (too large, wrong address).
        Callbacks of the loop rather than coroutines: a task for each request would cost a tenth of it.
        """
        began = self._clock()
        try:
            received = refused or receive(hook, callback)
        except Exception as error:
            received = _bug(callback, error)
        if isinstance(received, Question) and self._clock() - began > hook.shortcode.validation_budget.total_seconds():
            # Deciding waits for nobody (see pipeline/question.py): the machine itself must have stood still.
            received = replace(received, decision=hook.shortcode.validation_default, because=OVER_BUDGET)
        if hook.kind is not None and hook.kind.question is not None:
            done(_decision(received, None), answer_to(hook, received, None))
            self._record(received)
        else:
            self._commit(received, lambda decision: done(decision, _told(hook, callback, decision)))

    def _commit(self, received: Received, decided: Callable[[Decision], None]) -> None:
        def written(outcome: Outcome) -> None:
            if isinstance(outcome, StoreUnavailable):
                if isinstance(outcome, QuarantineFull):
                    _LOG.error(str(outcome), tenant=received.callback.tenant)
                decided(Decision.UNAVAILABLE)
            elif isinstance(outcome, Exception):
                # The row itself is at fault, and that is our bug: keep the bytes, and tell the sender that we do.
                self._keep(_bug(received.callback, outcome), decided)
            else:
                point("after_commit")
                self._tell(received, outcome)
                decided(_decision(received, outcome))

        self._write(received, written)

    def _keep(self, quarantined: Quarantined, decided: Callable[[Decision], None]) -> None:
        def written(outcome: Outcome) -> None:
            if isinstance(outcome, Exception):
                decided(Decision.UNAVAILABLE)
            else:
                self._tell(quarantined, None)
                decided(Decision.QUARANTINED)

        self._write(quarantined, written)

    def _record(self, received: Received) -> None:
        """Write what a question was after it is answered: its answer waits for nobody."""

        def written(outcome: Outcome) -> None:
            if isinstance(outcome, Exception):
                _LOG.error("a validation was answered but not recorded", error=type(outcome).__name__)
            else:
                self._tell(received, None)

        self._write(received, written)

    def _write(self, received: Received, written: Ticket) -> None:
        try:
            self._submit(received, written)
        except StoreUnavailable as error:
            written(error)

    def _tell(self, received: Received, settled: Settled | None) -> None:
        """Log what a person may have to know, and let delivery know that there is something to do."""
        if isinstance(received, Quarantined):
            _warn(received)
        elif settled is not None:
            # What says nothing new is attached in silence; its note is for who looks at the payment.
            if settled.note and (settled.joined or settled.disposition is not Disposition.ATTACHED):
                _note(settled, settled.note)
            self._committed(settled)


def answer_to(hook: Hook, received: Received, settled: Settled | None) -> Answer:
    """Return the answer to a callback that is, or would be, committed. `settled` is given for arrivals."""
    if hook.kind is None or hook.kind.question is None:
        return _told(hook, received.callback, _decision(received, settled))
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


def _told(hook: Hook, callback: Callback, decision: Decision) -> Answer:
    kind = hook.kind
    if kind is None:
        return answer(decision, SUCCESS)
    return answer(decision, kind.success if kind.reply is None else kind.reply(callback.body), kind.status)


def resolver(loop: asyncio.AbstractEventLoop) -> Callable[[Sequence[tuple[Ticket, Outcome]]], None]:
    """Return what hands the outcomes of a batch from the writer's thread to the loop, in one call for each batch."""

    def resolve(outcomes: Sequence[tuple[Ticket, Outcome]]) -> None:
        loop.call_soon_threadsafe(_hand_out, outcomes)

    return resolve


def _hand_out(outcomes: Sequence[tuple[Ticket, Outcome]]) -> None:
    for ticket, outcome in outcomes:
        try:
            ticket(outcome)
        except Exception as error:
            # The others of the batch have to get their answers all the same.
            _LOG.error("an answer could not be given", error=type(error).__name__)


def _note(settled: Settled, note: str) -> None:
    _LOG.warning(
        note,
        tenant=settled.arrival.callback.tenant,
        event_id=settled.arrival.event.id,
        payment_id=settled.payment.id if settled.payment else None,
        disposition=settled.disposition.value,
    )


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
