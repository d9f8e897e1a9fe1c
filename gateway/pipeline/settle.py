"""What arrivals mean beside what the store already knows. Pure: the writer reads, asks here, and writes the answer.

Arrivals are settled in the order they came, each seeing what those before it in the same batch have changed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from gateway.domain.event import money_text
from gateway.domain.ids import derived_id, payment_identity
from gateway.domain.outcome import Outcome
from gateway.domain.received import Arrival
from gateway.domain.settled import (
    Disposition,
    KnownCallback,
    KnownPayment,
    KnownResult,
    Settled,
    Stored,
    identity_key,
    is_result,
    payment_keys,
)
from gateway.pipeline.issue import issue, review_note, standing
from gateway.pipeline.join import as_one, join
from gateway.pipeline.merge import adds, merge
from gateway.pipeline.results import RESOLVED, adopt, settle_result


def settle(stored: Stored, arrivals: Sequence[Arrival]) -> list[Settled]:
    """Return each arrival settled against the store and against the arrivals before it. `stored` is used up."""
    fresh: set[str] = set()
    return [_remember(stored, fresh, _settle_one(stored, fresh, arrival)) for arrival in arrivals]


def _settle_one(stored: Stored, fresh: set[str], arrival: Arrival) -> Settled:
    """Settle one arrival; `fresh` holds the events that this batch has made."""
    digest = arrival.facts_digest
    known = stored.callbacks.get(identity_key(arrival))
    if known is not None:
        other_bytes = known.fingerprint != arrival.callback.fingerprint
        return Settled(arrival, Disposition.DUPLICATE, repeats=known.id, other_bytes=other_bytes)
    if is_result(arrival):
        return settle_result(stored, arrival)
    # In the order of the keys, the receipt's first: where they lead to several payments, the receipt's wins.
    ids = dict.fromkeys(stored.keys[key] for key in payment_keys(arrival) if key in stored.keys)
    if not ids:
        return _first(stored.now, arrival, digest)
    found = [stored.payments[one] for one in ids]
    payment = as_one(found)
    return join(_tell(stored.now, arrival, payment, digest, is_fresh=payment.event.id in fresh), found)


def _first(now: datetime, arrival: Arrival, digest: bytes) -> Settled:
    event = arrival.event
    issued = issue(now, arrival, event, now + arrival.merge_window)
    payment = KnownPayment(
        # Only a result has none.
        id=cast("str", event.payment_id),
        outcome=event.outcome,
        amount=money_text(event.amount),
        event=event,
        event_ids=frozenset({event.id}),
        told=frozenset({(event.kind, digest)}),
        sealed_at=issued.due_at,
        sealed=False,
        has_deliveries=bool(issued.destinations),
    )
    return Settled(
        arrival,
        Disposition.ACCEPTED,
        payment=payment,
        new_payment=True,
        issue=issued,
        keys=payment_keys(arrival),
        note=arrival.facts.notice or review_note(issued),
    )


def _tell(now: datetime, arrival: Arrival, payment: KnownPayment, digest: bytes, *, is_fresh: bool) -> Settled:
    """Settle an arrival that tells of a payment we know."""
    contradiction = _contradiction(arrival, payment, digest)
    if contradiction:
        return Settled(arrival, Disposition.CONFLICT, payment=payment, note=contradiction)
    is_twin = not _told_alike(payment, arrival.event.kind, digest)
    payment = replace(payment, told=payment.told | {(arrival.event.kind, digest)})
    if arrival.facts.outcome > payment.outcome:
        return _resolve(now, arrival, payment)
    if not is_twin or arrival.facts.outcome is not Outcome.SUCCEEDED:
        return Settled(arrival, Disposition.ATTACHED, payment=payment, keys=payment_keys(arrival))
    if is_fresh or not payment.is_sealed(now):
        return _complete(now, arrival, payment)
    return _update(now, arrival, payment)


def _resolve(now: datetime, arrival: Arrival, payment: KnownPayment) -> Settled:
    """A higher outcome than the one known: a new event that supersedes the old one."""
    event = replace(arrival.event, payment_id=payment.id, supersedes=payment.event.id)
    note = RESOLVED if payment.outcome is Outcome.FAILED and event.outcome is Outcome.SUCCEEDED else None
    if event.id in payment.event_ids:
        amount = money_text(event.amount) or payment.amount
        resolved = replace(payment, outcome=event.outcome, amount=amount)
        return Settled(arrival, Disposition.ACCEPTED, payment=resolved, keys=payment_keys(arrival), note=note)
    issued = issue(now, arrival, event, now + arrival.merge_window)
    return Settled(
        arrival,
        Disposition.ACCEPTED,
        payment=standing(payment, issued),
        issue=issued,
        keys=payment_keys(arrival),
        note=note or review_note(issued),
    )


def _complete(now: datetime, arrival: Arrival, payment: KnownPayment) -> Settled:
    """A twin in time: the event, which nobody has yet, is replaced by what both callbacks know, and routed again."""
    event = merge(payment.event, arrival.event)
    issued = issue(now, arrival, event, payment.sealed_at, replaces=True)
    completed = replace(payment, event=event, has_deliveries=bool(issued.destinations))
    return Settled(arrival, Disposition.ACCEPTED, payment=completed, issue=issued, keys=payment_keys(arrival))


def _update(now: datetime, arrival: Arrival, payment: KnownPayment) -> Settled:
    """A twin too late to change the event: where it adds something, that goes to the routes that ask for updates."""
    told = Settled(arrival, Disposition.ACCEPTED, payment=payment, keys=payment_keys(arrival))
    old = payment.event
    facts, event_type = arrival.facts, f"{arrival.facts.family}.updated"
    identity = payment_identity(old.provider, facts.direction, old.kind, facts.keys, facts.identity)
    event_id = derived_id(old.tenant, *identity, event_type)
    if not adds(old, arrival.event) or event_id in payment.event_ids:
        return told
    merged = merge(old, arrival.event)
    event = replace(
        merged,
        id=event_id,
        type=event_type,
        # What stands for the payment may have been made for one that was joined to it.
        payment_id=payment.id,
        supersedes=old.id,
        received_at=arrival.callback.received_at,
    )
    updated = replace(payment, event_ids=payment.event_ids | {event_id})
    return replace(told, payment=updated, issue=issue(now, arrival, event, now))


def _contradiction(arrival: Arrival, payment: KnownPayment, digest: bytes) -> str | None:
    """Say how the arrival contradicts its payment, None where it does not.

    All facts are compared within one kind, and one outcome; kinds know different things, so that between them only
    outcome and amount are.
    """
    outcome = arrival.facts.outcome
    if outcome > payment.outcome or outcome is Outcome.UNKNOWN:
        return None
    if outcome < payment.outcome:
        return f"says {outcome.text} of a payment that has {payment.outcome.text}"
    before = _told_alike(payment, arrival.event.kind, digest)
    if before and digest not in before:
        return "tells other facts than the first callback of its kind"
    amount = money_text(arrival.facts.amount)
    if amount and payment.amount and amount != payment.amount:
        return f"says {amount} of a payment of {payment.amount}"
    return None


def _told_alike(payment: KnownPayment, kind: str, digest: bytes) -> list[bytes]:
    """Return the digests of what this kind has told of the same outcome, whose letter they begin with."""
    return [told for told_by, told in payment.told if told_by == kind and told[0] == digest[0]]


def _remember(stored: Stored, fresh: set[str], settled: Settled) -> Settled:
    """Let the arrivals after this one see what it has changed."""
    if settled.repeats is not None:
        return settled
    arrival = settled.arrival
    stored.callbacks[identity_key(arrival)] = KnownCallback(arrival.callback.id, arrival.callback.fingerprint)
    if is_result(arrival):
        _remember_result(stored, settled)
    settled = adopt(stored, settled)
    payment = settled.payment
    if payment is None:
        return settled
    stored.payments[payment.id] = payment
    for key in settled.keys:
        stored.keys.setdefault(key, payment.id)
    for key, owner in list(stored.keys.items()) if settled.joined else ():
        if owner in settled.joined:
            stored.keys[key] = payment.id
    for issued in (settled.issue, settled.further):
        if issued is not None and not issued.replaces:
            fresh.add(issued.event.id)
    return settled


def _remember_result(stored: Stored, settled: Settled) -> None:
    event = None if settled.issue is None else settled.issue.event
    result = KnownResult(settled.arrival.callback.id, event, None if settled.payment is None else settled.payment.id)
    if event is not None:
        stored.said[event.id] = result
    if settled.payment is None:
        for name, value in settled.arrival.facts.subject:
            key = (value, settled.arrival.event.tenant, settled.arrival.event.provider, name)
            stored.waiting.setdefault(key, []).append(result)
