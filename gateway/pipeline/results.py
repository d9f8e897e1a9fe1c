"""Results about a payment of which other callbacks tell: the answer to a status query, and a reversal.

Neither makes a payment. An answer acts on its payment by the order of outcomes; a reversal is an event of its own that
stands with the payment. Where the payment has not come yet, the result is kept and told by itself, and waits for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.event import Event, Party, money_text
from gateway.domain.facts import About
from gateway.domain.ids import derived_id, payment_identity
from gateway.domain.outcome import Outcome
from gateway.domain.received import Arrival
from gateway.domain.settled import (
    DIRECTIONS,
    Disposition,
    Issue,
    KnownPayment,
    Settled,
    Stored,
    StoredKey,
    own_event_ids,
    subject_keys,
)
from gateway.pipeline.issue import issue, review_note, standing
from gateway.pipeline.join import as_one, join
from gateway.providers import KINDS

FAMILIES = frozenset({"payment", "payout", "transfer", "tax"})
"""Families of events of which somebody may ask how they went, or which may go back: those that move money."""

MOVED = frozenset(kind.name for kind in KINDS.values() if kind.moved)
"""Kinds that come when money has moved. Where one of them is unknown, no answer tells what the money is."""

RESOLVED = "a payment that had failed has now succeeded"


@dataclass(frozen=True, slots=True)
class Subject:
    """The payment that a result is about; the first of `found` where its ids lead to several."""

    found: Sequence[KnownPayment]
    direction: str


def settle_result(stored: Stored, arrival: Arrival) -> Settled:
    """Settle a status or reversal result."""
    subject = find_subject(stored, arrival)
    if subject is not None and arrival.facts.about is About.STATUS:
        return _answer(stored.now, arrival, subject)
    return _by_itself(stored, arrival, None if subject is None else subject.found[0])


def find_subject(stored: Stored, arrival: Arrival) -> Subject | None:
    """Return the payment that a result is about, None where none is known.

    Money that went from one shortcode of a tenant to another is two payments of one receipt: the one of the result's
    own shortcode is meant, else the one that came in.
    """
    subjects = [Subject(found, direction) for direction in DIRECTIONS if (found := _found(stored, arrival, direction))]
    here = arrival.callback.shortcode
    return min(subjects, key=lambda subject: subject.found[0].event.shortcode != here, default=None)


def _found(stored: Stored, arrival: Arrival, direction: str) -> list[KnownPayment]:
    ids = dict.fromkeys(stored.keys[key] for key in subject_keys(arrival, direction) if key in stored.keys)
    return [payment for payment in map(stored.payments.__getitem__, ids) if family(payment.event) in FAMILIES]


def family(event: Event) -> str:
    """Return the part of an event's type before the dot."""
    return event.type.partition(".")[0]


def weigh(payment: KnownPayment, answer: Event) -> tuple[Disposition, str | None]:
    """Return what an answer is beside its payment, and why. ACCEPTED: it resolves it."""
    said, amount = answer.outcome, money_text(answer.amount)
    if said is Outcome.UNKNOWN:
        return Disposition.ATTACHED, "a status query that tells nothing new"
    if amount and payment.amount and amount != payment.amount:
        return Disposition.CONFLICT, f"a status query says {amount} of a payment of {payment.amount}"
    if said < payment.outcome:
        return Disposition.CONFLICT, f"a status query says {said.text} of a payment that has {payment.outcome.text}"
    if said == payment.outcome:
        return Disposition.ATTACHED, f"a status query says {said.text} too"
    if payment.outcome is Outcome.UNKNOWN and any(kind in MOVED for kind, _ in payment.told):
        return Disposition.ATTACHED, f"a status query says {said.text}, but not what this money is"
    return Disposition.ACCEPTED, RESOLVED if payment.outcome is Outcome.FAILED else None


def resolve(
    now: datetime, arrival: Arrival, payment: KnownPayment, direction: str, answer: Event
) -> tuple[KnownPayment, Issue | None]:
    """Return the payment as an answer has it, and the event that says so: None where it has been made before."""
    event = _resolved(payment, direction, answer)
    if event.id in payment.event_ids:
        amount = money_text(event.amount) or payment.amount
        return replace(payment, outcome=event.outcome, amount=amount), None
    issued = issue(now, arrival, event, now)
    return standing(payment, issued), issued


def _answer(now: datetime, arrival: Arrival, subject: Subject) -> Settled:
    payment = as_one(subject.found)
    disposition, note = weigh(payment, arrival.event)
    if disposition is Disposition.CONFLICT or arrival.facts.outcome is Outcome.UNKNOWN:
        return Settled(arrival, disposition, payment=subject.found[0], note=note)
    payment = replace(payment, told=payment.told | {(arrival.event.kind, arrival.facts_digest)})
    issued = None
    if disposition is Disposition.ACCEPTED:
        payment, issued = resolve(now, arrival, payment, subject.direction, arrival.event)
        note = _both(note, None if issued is None else review_note(issued))
    keys = _new_keys(arrival, subject.direction)
    return join(Settled(arrival, disposition, payment=payment, issue=issued, keys=keys, note=note), subject.found)


def _new_keys(arrival: Arrival, direction: str) -> tuple[StoredKey, ...]:
    # As everywhere, only what has succeeded has a receipt.
    succeeded = arrival.facts.outcome is Outcome.SUCCEEDED
    return tuple(key for key in subject_keys(arrival, direction) if succeeded or key[4] != "receipt")


def _resolved(payment: KnownPayment, direction: str, answer: Event) -> Event:
    """Return what was known of the payment with what the answer tells of it."""
    old = payment.event
    receipt = old.receipt or (answer.original_receipt if answer.outcome is Outcome.SUCCEEDED else None)
    event_type = f"{family(old)}.{answer.outcome.text}"
    ids = (
        ("receipt", receipt),
        ("checkout", old.ids.checkout_request_id),
        ("originator", old.ids.originator_conversation_id),
        ("conversation", old.ids.conversation_id),
    )
    keys = [(name, value) for name, value in ids if value]
    identity = payment_identity(old.provider, direction, old.kind, keys, payment.id)
    came_in = direction == "in"
    return replace(
        old,
        id=derived_id(old.tenant, *identity, event_type),
        type=event_type,
        kind=answer.kind,
        outcome=answer.outcome,
        payment_id=payment.id,
        supersedes=old.id,
        amount=old.amount if answer.amount is None else answer.amount,
        currency=answer.currency or old.currency,
        receipt=receipt,
        payer=old.payer if not came_in or old.payer != Party() else answer.payer,
        payee=old.payee if came_in or old.payee is not None else answer.payee,
        fees=old.fees if answer.fees is None else answer.fees,
        occurred_at=answer.occurred_at or old.occurred_at,
        received_at=answer.received_at,
        result=answer.result,
        context={**answer.context, **old.context},
        sources=(*old.sources, *answer.sources),
    )


def _by_itself(stored: Stored, arrival: Arrival, subject: KnownPayment | None) -> Settled:
    """Settle a result beside what was said of it before: it has outcomes of its own, in the same order."""
    said = [stored.said[one] for one in own_event_ids(arrival) if one in stored.said]
    before = max(said, key=lambda one: -1 if one.event is None else one.event.outcome, default=None)
    payment = subject if before is None or subject is not None else stored.payments.get(before.payment_id or "")
    event = replace(arrival.event, payment_id=None if payment is None else payment.id)
    last = None if before is None else before.event
    if last is not None and event.outcome <= last.outcome:
        disposition, note = _beside(last, event)
        return Settled(arrival, disposition, payment=payment, note=note)
    event = replace(event, supersedes=None if last is None else last.id)
    issued = issue(stored.now, arrival, event, stored.now)
    odd = None if payment is None else reversal_note(payment, event)
    note = _both(arrival.facts.notice, odd, review_note(issued))
    return Settled(arrival, Disposition.ACCEPTED, payment=payment, issue=issued, note=note)


def _beside(last: Event, event: Event) -> tuple[Disposition, str | None]:
    """Return what a result is that tells no higher outcome than the last of its own."""
    if event.outcome is Outcome.UNKNOWN:
        return Disposition.ATTACHED, None
    if event.outcome < last.outcome:
        what = "reversal" if family(event) == "reversal" else "status query"
        return Disposition.CONFLICT, f"says {event.outcome.text} of a {what} that has {last.outcome.text}"
    if _facts(event) == _facts(last):
        return Disposition.ATTACHED, None
    return Disposition.CONFLICT, "tells other facts than the first callback of its kind"


def _facts(event: Event) -> tuple[object, ...]:
    return event.receipt, event.amount, event.original_receipt, event.occurred_at


def reversal_note(payment: KnownPayment, event: Event) -> str | None:
    """Say what is odd about a reversal beside its payment, None where nothing is."""
    if family(event) != "reversal" or event.outcome is not Outcome.SUCCEEDED:
        return None
    if payment.outcome is not Outcome.SUCCEEDED:
        return f"a payment was reversed whose outcome was {payment.outcome.text}"
    amount = money_text(event.amount)
    if amount and payment.amount and amount != payment.amount:
        return f"{amount} was reversed of a payment of {payment.amount}"
    return None


def adopt(stored: Stored, settled: Settled) -> Settled:
    """Return the settled arrival with the results that had waited for its payment; the highest answer acts on it."""
    payment = settled.payment
    if payment is None or not stored.waiting or family(payment.event) not in FAMILIES:
        return settled
    waited = {
        one.callback_id: one
        for value, tenant, provider, _, name in settled.keys
        for one in stored.waiting.get((value, tenant, provider, name), ())
    }
    if not waited:
        return settled
    # Each may wait under several keys.
    for waiting in stored.waiting.values():
        waiting[:] = [one for one in waiting if one.callback_id not in waited]
    direction = settled.keys[0][3]
    adopted = tuple(waited[number] for number in sorted(waited))
    events = [one.event for one in adopted if one.event is not None]
    settled = _answered(stored.now, replace(settled, adopted=adopted), payment, direction, events)
    odd = next((f"{note}, before it came" for event in events if (note := _reversed(payment, event))), None)
    return replace(settled, note=_both(odd, settled.note))


def _reversed(payment: KnownPayment, event: Event) -> str | None:
    if family(event) != "reversal" or event.outcome is not Outcome.SUCCEEDED:
        return None
    return reversal_note(payment, event) or "a payment was reversed"


def _answered(
    now: datetime, settled: Settled, payment: KnownPayment, direction: str, events: Sequence[Event]
) -> Settled:
    answers = [event for event in events if family(event) == "status"]
    answer = max(answers, key=lambda event: event.outcome, default=None)
    if answer is None:
        return settled
    disposition, note = weigh(payment, answer)
    if disposition is not Disposition.ACCEPTED:
        return replace(settled, note=_both(note if disposition is Disposition.CONFLICT else None, settled.note))
    payment, issued = resolve(now, settled.arrival, payment, direction, answer)
    further = None if issued is None else replace(issued, callback_id=int(answer.sources[0]))
    return replace(settled, payment=payment, further=further, note=_both(note, settled.note))


def _both(*notes: str | None) -> str | None:
    return "; ".join(filter(None, notes)) or None
