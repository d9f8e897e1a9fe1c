"""What the store knows beside a batch of arrivals, and what an arrival turns out to be beside it."""

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from gateway.domain.event import Event
from gateway.domain.facts import About
from gateway.domain.ids import derived_id
from gateway.domain.outcome import Outcome
from gateway.domain.quick import dataclass
from gateway.domain.received import Arrival

IdentityKey = tuple[str, bytes]
"""(provider's id, digest of the facts, the tenant and the kind)"""
StoredKey = tuple[str, str, str, str, str]
"""(value, tenant, provider, direction, id name), as the store has them"""
SubjectKey = tuple[str, str, str, str]
"""(value, tenant, provider, id name): a result does not tell which way the money of its payment went."""

DIRECTIONS = ("in", "out")


class Disposition(StrEnum):
    """What an arrival turned out to be."""

    # Something new was learnt: the first of a payment, a resolution, or its twin.
    ACCEPTED = "accepted"
    # It tells of a payment what is known of it, or less: kept with the payment, in silence.
    ATTACHED = "attached"
    # The same identity and the same facts as one that is stored: counted, nothing else.
    DUPLICATE = "duplicate"
    # It contradicts what is known: kept and shown, never booked.
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class KnownCallback:
    """A stored callback, as far as settling needs it."""

    id: int
    # SHA-256 of its bytes.
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class KnownPayment:
    """A payment, as far as settling needs it."""

    id: str
    outcome: Outcome
    amount: str | None
    # The event that stands for it now.
    event: Event
    # Every event ever made of it: none is made twice.
    event_ids: frozenset[str]
    # (kind, digest of the facts) of the callbacks that are believed.
    told: frozenset[tuple[str, bytes]]
    # From this moment on the event does not change.
    sealed_at: datetime
    # Delivery has begun to send the event, so that it does not change whatever the clock says.
    sealed: bool
    # False: no route took the event. Nobody has it, so that it may change at any time.
    has_deliveries: bool

    def is_sealed(self, now: datetime) -> bool:
        """Tell whether the event can no longer change. At `sealed_at` counts as after it."""
        return self.has_deliveries and (self.sealed or now >= self.sealed_at)


@dataclass(frozen=True, slots=True)
class KnownResult:
    """A stored status or reversal result, as far as settling needs it."""

    callback_id: int
    # The event that was made of it; None where none was.
    event: Event | None
    # The payment that it is about; None where that has not come yet.
    payment_id: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store knows of the identities and payment keys that a batch names."""

    # The present, by the database's clock: several gateways may share one database, never one clock.
    now: datetime
    callbacks: dict[IdentityKey, KnownCallback] = field(default_factory=dict)
    # Payment id by key; one payment has several keys.
    keys: dict[StoredKey, str] = field(default_factory=dict)
    payments: dict[str, KnownPayment] = field(default_factory=dict)
    # Results by the id of their own event.
    said: dict[str, KnownResult] = field(default_factory=dict)
    # Results whose payment has not come yet, by the keys under which it may come.
    waiting: dict[SubjectKey, list[KnownResult]] = field(default_factory=dict)
    # The store's own numbers of payments and events by their ids. They decide nothing.
    numbers: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Issue:
    """An event to be written with its deliveries, new or in place of the one of the same id."""

    event: Event
    destinations: tuple[str, ...]
    # Nothing is sent before.
    due_at: datetime
    # True: it takes the place of the event of this id, and its deliveries that of the old one's.
    replaces: bool = False
    # True: a person must look at it before anything is sent.
    review: bool = False
    # The callback that it comes of; None: the arrival's own.
    callback_id: int | None = None


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
    # None where no event comes of it.
    issue: Issue | None = None
    # Keys to add to the payment.
    keys: tuple[StoredKey, ...] = ()
    # Payments that turned out to be this one: all they have becomes its own.
    joined: tuple[str, ...] = ()
    # What an earlier answer makes of the payment, now that it has come.
    further: Issue | None = None
    # Results that had waited for the payment.
    adopted: tuple[KnownResult, ...] = ()
    # What a person should know, in one sentence.
    note: str | None = None


def identity_key(arrival: Arrival) -> IdentityKey:
    """Return what makes this callback, with these facts, the same again."""
    return (arrival.facts.identity, arrival.facts_digest)


def subject_keys(arrival: Arrival, direction: str) -> tuple[StoredKey, ...]:
    """Return the keys by which the payment that a result is about is known, if its money went that way."""
    event = arrival.event
    return tuple((value, event.tenant, event.provider, direction, name) for name, value in arrival.facts.subject)


def own_ids(arrival: Arrival) -> tuple[tuple[str, str], ...]:
    """Return (id name, value) of the ids that are the callback's own, the strongest first."""
    return arrival.facts.keys or ((arrival.event.kind, arrival.facts.identity),)


def is_result(arrival: Arrival) -> bool:
    """Tell whether the callback is about a payment of which others tell."""
    return arrival.facts.about is not About.ITSELF


def own_event_ids(arrival: Arrival) -> frozenset[str]:
    """Return the ids of all events that may have been made of this result: one for each of its own ids and outcomes."""
    facts, event = arrival.facts, arrival.event
    who = (event.tenant, event.provider, facts.direction)
    return frozenset(
        derived_id(*who, name, value, f"{facts.family}.{outcome.text}")
        for name, value in own_ids(arrival)
        for outcome in Outcome
    )


def payment_keys(arrival: Arrival) -> tuple[StoredKey, ...]:
    """Return the keys by which other callbacks may tell of the same payment, the strongest first."""
    facts, event = arrival.facts, arrival.event
    tenant, provider, direction = event.tenant, event.provider, facts.direction
    return tuple([(value, tenant, provider, direction, name) for name, value in own_ids(arrival)])
