"""An event on its way: where it goes, when it is due, and whether a person has to look at it first."""

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.domain.event import Event, money_text
from gateway.domain.received import Arrival
from gateway.domain.settled import Issue, KnownPayment

AHEAD = timedelta(minutes=10)
"""A payment that says it happened later than this from now has a wrong clock, or is made up."""


def issue(now: datetime, arrival: Arrival, event: Event, due_at: datetime, *, replaces: bool = False) -> Issue:
    """Return the event with its destinations, by the arrival's routes and shortcode."""
    review = _needs_review(event.occurred_at, now, arrival.shortcode.hold_older_than)
    return Issue(event, arrival.route(event), due_at, replaces, review)


def review_note(issued: Issue) -> str | None:
    """Say that an event waits for a person, None where it does not."""
    return "its time is unusual: deliveries wait for review" if issued.review and issued.destinations else None


def standing(payment: KnownPayment, issued: Issue) -> KnownPayment:
    """Return the payment for which this new event stands from now on."""
    event = issued.event
    return replace(
        payment,
        outcome=event.outcome,
        amount=money_text(event.amount) or payment.amount,
        event=event,
        event_ids=payment.event_ids | {event.id},
        sealed_at=issued.due_at,
        sealed=False,
        has_deliveries=bool(issued.destinations),
    )


def _needs_review(occurred_at: datetime | None, now: datetime, hold_older_than: timedelta | None) -> bool:
    """Tell whether a payment is so old, or so far ahead, that somebody may have replayed an old genuine callback."""
    if occurred_at is None or hold_older_than is None:
        return False
    return occurred_at < now - hold_older_than or occurred_at > now + AHEAD
