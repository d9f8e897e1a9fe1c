"""What the store knows beside a batch of arrivals, and what an arrival turns out to be beside it."""

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.domain.event import Event
from gateway.domain.outcome import Outcome
from gateway.domain.received import Arrival

IdentityKey = tuple[str, str, str]
"""(tenant, kind, provider's id)"""
StoredKey = tuple[str, str, str, str, str]
"""(tenant, provider, direction, id name, value)"""


class Disposition(StrEnum):
    """What an arrival turned out to be."""

    # Something new was learnt: the first of a payment, a resolution, or its twin.
    ACCEPTED = "accepted"
    # The same identity and the same facts as one that is stored: counted, nothing else.
    DUPLICATE = "duplicate"
    # It contradicts what is known: kept and shown, never booked.
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class KnownCallback:
    """A stored callback, as far as settling needs it."""

    id: int
    facts_digest: str
    body_digest: str


@dataclass(frozen=True, slots=True)
class KnownPayment:
    """A payment, as far as settling needs it."""

    id: str
    outcome: Outcome
    amount: str | None
    # The event that stands for it now.
    event_id: str
    # Facts that callbacks of each kind told of it.
    told: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store knows of the identities and payment keys that a batch names."""

    callbacks: dict[IdentityKey, list[KnownCallback]] = field(default_factory=dict)
    # Payment id by key; one payment has several keys.
    keys: dict[StoredKey, str] = field(default_factory=dict)
    payments: dict[str, KnownPayment] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """One arrival, settled: the rows to write follow from it."""

    arrival: Arrival
    disposition: Disposition
    # The stored callback that a duplicate repeats.
    repeats: int | None = None
    # True: the duplicate's bytes differ from the stored ones and are kept too.
    other_bytes: bool = False
    payment: KnownPayment | None = None
    new_payment: bool = False
    # The event to write, with its deliveries; None where no new event comes of it.
    event: Event | None = None
    destinations: tuple[str, ...] = ()
    # Keys to add to the payment.
    keys: tuple[StoredKey, ...] = ()
    # What a person should know, in one sentence.
    note: str | None = None


def identity_key(arrival: Arrival) -> IdentityKey:
    """Return what makes this callback the same again."""
    return (arrival.callback.tenant, arrival.callback.kind, arrival.facts.identity)


def payment_keys(arrival: Arrival) -> tuple[StoredKey, ...]:
    """Return the keys by which other callbacks may tell of the same payment, the strongest first."""
    facts, event = arrival.facts, arrival.event
    keys = facts.keys or ((event.kind, facts.identity),)
    return tuple((event.tenant, event.provider, facts.direction, name, value) for name, value in keys)


def facts_digest(arrival: Arrival) -> str:
    """Return the digest of what must not change when this callback comes again."""
    return arrival.facts.digest(arrival.shortcode.number)
