"""What arrivals mean beside what the store already knows. Pure: the writer reads, asks here, and writes the answer.

Arrivals are settled in the order they came, each seeing what those before it in the same batch have changed.
"""

from collections.abc import Sequence
from dataclasses import replace

from gateway.domain.outcome import Outcome
from gateway.domain.received import Arrival
from gateway.domain.settled import (
    Disposition,
    KnownCallback,
    KnownPayment,
    Settled,
    Stored,
    facts_digest,
    identity_key,
    payment_keys,
)


def settle(stored: Stored, arrivals: Sequence[Arrival]) -> list[Settled]:
    """Return each arrival settled against the store and against the arrivals before it. `stored` is used up."""
    return [_remember(stored, _settle_one(stored, arrival)) for arrival in arrivals]


def _settle_one(stored: Stored, arrival: Arrival) -> Settled:
    digest = facts_digest(arrival)
    for known in stored.callbacks.get(identity_key(arrival), ()):
        if known.facts_digest == digest:
            other_bytes = known.body_digest != arrival.callback.body_digest
            return Settled(arrival, Disposition.DUPLICATE, repeats=known.id, other_bytes=other_bytes)
    found = [stored.keys[key] for key in payment_keys(arrival) if key in stored.keys]
    return _tell(arrival, stored.payments[found[0]], digest) if found else _first(arrival, digest)


def _first(arrival: Arrival, digest: str) -> Settled:
    event = arrival.event
    payment = KnownPayment(
        id=event.payment_id,
        outcome=event.outcome,
        amount=event.as_dict()["amount"],
        event_id=event.id,
        told=frozenset({(event.kind, digest)}),
    )
    return Settled(
        arrival,
        Disposition.ACCEPTED,
        payment=payment,
        new_payment=True,
        event=event,
        destinations=arrival.destinations,
        keys=payment_keys(arrival),
        note=arrival.facts.notice,
    )


def _tell(arrival: Arrival, payment: KnownPayment, digest: str) -> Settled:
    contradiction = _contradiction(arrival, payment, digest)
    if contradiction:
        return Settled(arrival, Disposition.CONFLICT, payment=payment, note=contradiction)
    told = payment.told | {(arrival.event.kind, digest)}
    if arrival.facts.outcome > payment.outcome:
        return _resolve(arrival, replace(payment, told=told))
    # A twin, or a later "unknown": it belongs to the payment and changes nothing of it.
    return Settled(arrival, Disposition.ACCEPTED, payment=replace(payment, told=told), keys=payment_keys(arrival))


def _resolve(arrival: Arrival, payment: KnownPayment) -> Settled:
    event = replace(arrival.event, payment_id=payment.id, supersedes=payment.event_id)
    resolved = replace(
        payment, outcome=event.outcome, amount=event.as_dict()["amount"] or payment.amount, event_id=event.id
    )
    failed_before = payment.outcome is Outcome.FAILED
    return Settled(
        arrival,
        Disposition.ACCEPTED,
        payment=resolved,
        event=event,
        destinations=arrival.route(event),
        keys=payment_keys(arrival),
        note="a payment that had failed has now succeeded" if failed_before else None,
    )


def _contradiction(arrival: Arrival, payment: KnownPayment, digest: str) -> str | None:
    """Say how the arrival contradicts its payment, None where it does not."""
    outcome = arrival.facts.outcome
    if outcome > payment.outcome or outcome is Outcome.UNKNOWN:
        return None
    if outcome < payment.outcome:
        return f"says {outcome.text} of a payment that has {payment.outcome.text}"
    before = [told for kind, told in payment.told if kind == arrival.event.kind]
    if before and digest not in before:
        return "tells other facts than the first callback of its kind"
    amount = arrival.event.as_dict()["amount"]
    if amount and payment.amount and amount != payment.amount:
        return f"says {amount} of a payment of {payment.amount}"
    return None


def _remember(stored: Stored, settled: Settled) -> Settled:
    arrival = settled.arrival
    if settled.disposition is Disposition.DUPLICATE:
        return settled
    known = KnownCallback(arrival.callback.id, facts_digest(arrival), arrival.callback.body_digest)
    stored.callbacks.setdefault(identity_key(arrival), []).append(known)
    if settled.payment is not None:
        stored.payments[settled.payment.id] = settled.payment
        for key in settled.keys:
            stored.keys.setdefault(key, settled.payment.id)
    return settled
