"""The keys of one callback lead to several payments: they are one."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.domain.outcome import Outcome
from gateway.domain.settled import Disposition, KnownPayment, Settled

BOTH_BOOKED = "two payments that have both succeeded are one: it may have been booked twice"


def as_one(found: Sequence[KnownPayment]) -> KnownPayment:
    """Return what several payments are together: the first of them, with the highest outcome that any of them has."""
    first, *others = found
    if not others:
        return first
    highest = max(found, key=lambda one: one.outcome)
    return replace(
        highest,
        id=first.id,
        amount=highest.amount or first.amount,
        told=first.told.union(*(other.told for other in others)),
        event_ids=first.event_ids.union(*(other.event_ids for other in others)),
    )


def join(settled: Settled, found: Sequence[KnownPayment]) -> Settled:
    """Return the settled arrival with the payments that it joins to the first; a contradiction joins nothing."""
    first, *others = found
    if not others:
        return settled
    if settled.disposition is Disposition.CONFLICT or settled.payment is None:
        return replace(settled, payment=first)
    return replace(settled, joined=tuple(other.id for other in others), note=_note(settled, settled.payment, found))


def _note(settled: Settled, one: KnownPayment, found: Sequence[KnownPayment]) -> str:
    outcomes = [each.outcome for each in found]
    if outcomes.count(Outcome.SUCCEEDED) > 1:
        return BOTH_BOOKED
    if one.outcome is Outcome.SUCCEEDED and Outcome.FAILED in outcomes:
        return "a payment that had failed has now succeeded"
    return settled.note or "two payments are one"
