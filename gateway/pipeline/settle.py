"""What arrivals mean beside what the store already knows. Pure: the writer reads, asks here, and writes the answer.

Arrivals are settled in the order they came, each seeing what those before it in the same batch have changed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.domain.event import Event, money_text
from gateway.domain.ids import derived_id, payment_identity
from gateway.domain.outcome import Outcome
from gateway.domain.received import Arrival
from gateway.domain.settled import (
    Disposition,
    Issue,
    KnownCallback,
    KnownPayment,
    Settled,
    Stored,
    identity_key,
    payment_keys,
)
from gateway.pipeline.merge import adds, merge

AHEAD = timedelta(minutes=10)
"""A payment that says it happened later than this from now has a wrong clock, or is made up."""


def settle(stored: Stored, arrivals: Sequence[Arrival]) -> list[Settled]:
    """Return each arrival settled against the store and against the arrivals before it. `stored` is used up."""
    fresh: set[str] = set()
    return [_remember(stored, fresh, _settle_one(stored, fresh, arrival)) for arrival in arrivals]


def _settle_one(stored: Stored, fresh: set[str], arrival: Arrival) -> Settled:
    """Settle one arrival; `fresh` holds the payments whose events this batch has made."""
    digest = arrival.facts_digest
    known = stored.callbacks.get(identity_key(arrival))
    if known is not None:
        other_bytes = known.fingerprint != arrival.callback.fingerprint
        return Settled(arrival, Disposition.DUPLICATE, repeats=known.id, other_bytes=other_bytes)
    # In the order of the keys, the receipt's first: where they lead to several payments, the receipt's wins.
    found = dict.fromkeys(stored.keys[key] for key in payment_keys(arrival) if key in stored.keys)
    if not found:
        return _first(stored.now, arrival, digest)
    payment, *others = (stored.payments[one] for one in found)
    told = _tell(stored.now, arrival, payment, digest, is_fresh=payment.id in fresh)
    return _join(told, payment, others) if others and told.disposition is not Disposition.CONFLICT else told


def _first(now: datetime, arrival: Arrival, digest: bytes) -> Settled:
    issue = _issue(now, arrival, arrival.event, now + arrival.merge_window)
    event = issue.event
    payment = KnownPayment(
        id=event.payment_id,
        outcome=event.outcome,
        amount=money_text(event.amount),
        event=event,
        event_ids=frozenset({event.id}),
        told=frozenset({(event.kind, digest)}),
        sealed_at=issue.due_at,
        sealed=False,
        has_deliveries=bool(issue.destinations),
    )
    return Settled(
        arrival,
        Disposition.ACCEPTED,
        payment=payment,
        new_payment=True,
        issue=issue,
        keys=payment_keys(arrival),
        note=arrival.facts.notice or _review_note(issue),
    )


def _tell(now: datetime, arrival: Arrival, payment: KnownPayment, digest: bytes, *, is_fresh: bool) -> Settled:
    """Settle an arrival that tells of a payment we know."""
    contradiction = _contradiction(arrival, payment, digest)
    if contradiction:
        return Settled(arrival, Disposition.CONFLICT, payment=payment, note=contradiction)
    is_twin = arrival.event.kind not in {kind for kind, _ in payment.told}
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
    failed_before = payment.outcome is Outcome.FAILED
    amount = money_text(event.amount) or payment.amount
    note = "a payment that had failed has now succeeded" if failed_before else None
    if event.id in payment.event_ids:
        resolved = replace(payment, outcome=event.outcome, amount=amount)
        return Settled(arrival, Disposition.ACCEPTED, payment=resolved, keys=payment_keys(arrival), note=note)
    issue = _issue(now, arrival, event, now + arrival.merge_window)
    resolved = replace(
        payment,
        outcome=event.outcome,
        amount=amount,
        event=event,
        event_ids=payment.event_ids | {event.id},
        sealed_at=issue.due_at,
        sealed=False,
        has_deliveries=bool(issue.destinations),
    )
    return Settled(
        arrival,
        Disposition.ACCEPTED,
        payment=resolved,
        issue=issue,
        keys=payment_keys(arrival),
        note=note or _review_note(issue),
    )


def _complete(now: datetime, arrival: Arrival, payment: KnownPayment) -> Settled:
    """A twin in time: the event, which nobody has yet, is replaced by what both callbacks know, and routed again."""
    event = merge(payment.event, arrival.event)
    issue = _issue(now, arrival, event, payment.sealed_at, replaces=True)
    completed = replace(payment, event=event, has_deliveries=bool(issue.destinations))
    return Settled(arrival, Disposition.ACCEPTED, payment=completed, issue=issue, keys=payment_keys(arrival))


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
    event = replace(merged, id=event_id, type=event_type, supersedes=old.id, received_at=arrival.callback.received_at)
    updated = replace(payment, event_ids=payment.event_ids | {event_id})
    return replace(told, payment=updated, issue=_issue(now, arrival, event, now))


def _issue(now: datetime, arrival: Arrival, event: Event, due_at: datetime, *, replaces: bool = False) -> Issue:
    review = _needs_review(event.occurred_at, now, arrival.shortcode.hold_older_than)
    return Issue(event, arrival.route(event), due_at, replaces, review)


def _needs_review(occurred_at: datetime | None, now: datetime, hold_older_than: timedelta | None) -> bool:
    """Tell whether a payment is so old, or so far ahead, that somebody may have replayed an old genuine callback."""
    if occurred_at is None or hold_older_than is None:
        return False
    return occurred_at < now - hold_older_than or occurred_at > now + AHEAD


def _review_note(issue: Issue) -> str | None:
    return "its time is unusual: deliveries wait for review" if issue.review and issue.destinations else None


def _join(settled: Settled, payment: KnownPayment, others: Sequence[KnownPayment]) -> Settled:
    """The keys of one callback lead to several payments: they are one."""
    now_one = settled.payment or payment
    joined = replace(
        now_one,
        told=now_one.told.union(*(other.told for other in others)),
        event_ids=now_one.event_ids.union(*(other.event_ids for other in others)),
    )
    had_failed = any(other.outcome is Outcome.FAILED for other in others) and joined.outcome is Outcome.SUCCEEDED
    note = settled.note or ("a payment that had failed has now succeeded" if had_failed else "two payments are one")
    return replace(settled, payment=joined, joined=tuple(other.id for other in others), note=note)


def _contradiction(arrival: Arrival, payment: KnownPayment, digest: bytes) -> str | None:
    """Say how the arrival contradicts its payment, None where it does not.

    All facts are compared within one kind; kinds know different things, so that between them only outcome and amount
    are.
    """
    outcome = arrival.facts.outcome
    if outcome > payment.outcome or outcome is Outcome.UNKNOWN:
        return None
    if outcome < payment.outcome:
        return f"says {outcome.text} of a payment that has {payment.outcome.text}"
    before = [told for kind, told in payment.told if kind == arrival.event.kind]
    if before and digest not in before:
        return "tells other facts than the first callback of its kind"
    amount = money_text(arrival.facts.amount)
    if amount and payment.amount and amount != payment.amount:
        return f"says {amount} of a payment of {payment.amount}"
    return None


def _remember(stored: Stored, fresh: set[str], settled: Settled) -> Settled:
    arrival, payment = settled.arrival, settled.payment
    if payment is None:
        return settled
    stored.callbacks[identity_key(arrival)] = KnownCallback(arrival.callback.id, arrival.callback.fingerprint)
    stored.payments[payment.id] = payment
    for key in settled.keys:
        stored.keys.setdefault(key, payment.id)
    for key, owner in list(stored.keys.items()) if settled.joined else ():
        if owner in settled.joined:
            stored.keys[key] = payment.id
    if settled.issue is not None and not settled.issue.replaces:
        fresh.add(payment.id)
    return settled
