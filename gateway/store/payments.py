"""Payments as a list shows them: without the payer, whose phone is known by its last three digits at most."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from json import dumps
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from gateway.domain.delivery import DeliveryState
from gateway.domain.event import Event, Party, money_text
from gateway.domain.outcome import Outcome
from gateway.domain.times import to_micros
from gateway.store.eventrow import EVENT_COLUMNS, event_of
from gateway.store.page import WHOLE, Page
from gateway.store.tables import DELIVERIES, EVENTS, PAYMENTS

_SHOWN_DIGITS = 3
_NUMBER_LENGTHS = range(9, 17)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which payments are sought. None means: whatever it is."""

    # Numbers of payments.
    numbers: Collection[int] | None = None
    reference: str | None = None
    # The last digits of the payer's phone.
    digits: str | None = None
    amount: Decimal | None = None
    outcome: Outcome | None = None
    # Of the callback's coming: the first included, the last not.
    since: datetime | None = None
    until: datetime | None = None
    # With a delivery in this state.
    state: DeliveryState | None = None


def payments(connection: Connection, sought: Sought = Sought(), page: Page = WHOLE) -> Iterator[dict[str, Any]]:
    """Give payments, each with the facts that stand now and how many of its deliveries stand how."""
    rows = connection.execute(page.cut(_narrowed(sought), PAYMENTS.c.tenant, PAYMENTS.c.seq)).all()
    counts = _states(connection, [row.event_seq for row in rows])
    for row in rows:
        yield {"number": row.seq, **_told(event_of(row)), "deliveries": counts.get(row.event_seq, {})}


def _narrowed(sought: Sought) -> Select[Any]:
    query = (
        select(PAYMENTS.c.seq, PAYMENTS.c.event_seq, *EVENT_COLUMNS)
        .join(EVENTS, EVENTS.c.seq == PAYMENTS.c.event_seq)
        .where(PAYMENTS.c.joined_to.is_(None))
    )
    if sought.numbers is not None:
        query = query.where(PAYMENTS.c.seq.in_(sought.numbers))
    if sought.reference is not None:
        query = query.where(_told_as("account_reference", sought.reference))
    if sought.digits is not None:
        query = query.where(or_(*(_ends(name, sought.digits) for name in ("msisdn", "msisdn_masked"))))
    if sought.amount is not None:
        query = query.where(PAYMENTS.c.amount == money_text(sought.amount))
    if sought.outcome is not None:
        query = query.where(PAYMENTS.c.outcome == int(sought.outcome))
    if sought.since is not None:
        query = query.where(EVENTS.c.received_at >= to_micros(sought.since))
    if sought.until is not None:
        query = query.where(EVENTS.c.received_at < to_micros(sought.until))
    if sought.state is not None:
        having = select(DELIVERIES.c.id).where(
            DELIVERIES.c.event_seq == EVENTS.c.seq, DELIVERIES.c.state == sought.state.value
        )
        query = query.where(having.exists())
    return query


def _told_as(name: str, value: str) -> Any:
    """Return the condition that the stored event tells a member so: a search through its text."""
    return EVENTS.c.body.contains(f'"{name}":{dumps(value, ensure_ascii=False)}', autoescape=True)


def _ends(name: str, digits: str) -> Any:
    # Of every length that a number may have: a pattern without lengths would go on into the next member.
    patterns = (f'%"{name}":"{"_" * (length - len(digits))}{digits}"%' for length in _NUMBER_LENGTHS)
    return or_(*(EVENTS.c.body.like(pattern) for pattern in patterns))


def _states(connection: Connection, events: Collection[int]) -> dict[int, dict[str, int]]:
    query = (
        select(DELIVERIES.c.event_seq, DELIVERIES.c.state, func.count().label("number"))
        .where(DELIVERIES.c.event_seq.in_(events))
        .group_by(DELIVERIES.c.event_seq, DELIVERIES.c.state)
    )
    counts: dict[int, dict[str, int]] = {}
    for row in connection.execute(query):
        counts.setdefault(row.event_seq, {})[row.state] = row.number
    return counts


def _told(event: Event) -> dict[str, Any]:
    told = event.as_dict()
    names = (
        *("payment_id", "tenant", "shortcode", "kind", "type", "outcome", "amount", "currency", "receipt"),
        *("account_reference", "occurred_at", "received_at"),
    )
    return {"event_id": told["id"], **{name: told[name] for name in names}, "phone": last_digits(event.payer)}


def last_digits(party: Party) -> str | None:
    """Return what may be shown of a phone: its last three digits."""
    number = party.msisdn or party.msisdn_masked
    return None if number is None else f"…{number[-_SHOWN_DIGITS:]}"
