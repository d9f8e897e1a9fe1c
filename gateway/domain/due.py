"""What passes between the store and delivery: a delivery that is due, and what is to be written of it."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from gateway.domain.delivery import DeliveryState, Verdict
from gateway.domain.event import Event
from gateway.domain.export import CloseLines, FileWritten
from gateway.domain.quick import dataclass


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A pending delivery whose time has come, with all that an adapter needs."""

    id: int
    destination: str
    event: Event
    attempts: int
    # True: a twin could still complete the event, so that it must be sealed before anything is sent.
    unsealed: bool = False
    open_step: str | None = None
    saved: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A delivery that is due, as little of it as choosing needs."""

    id: int
    tenant: str
    destination: str
    # None: the payment that the event speaks of has not come yet.
    payment: int | None


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of a delivery after an attempt."""

    state: DeliveryState
    due_at: datetime
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """To be written: one attempt and what follows from it."""

    delivery_id: int
    number: int
    started_at: datetime
    duration_ms: int
    verdict: Verdict
    next: Next


@dataclass(frozen=True, slots=True)
class StepBegun:
    """To be written before anything is sent: a step whose end nobody may know."""

    delivery_id: int
    step: str


@dataclass(frozen=True, slots=True)
class StepSaved:
    """To be written: what steps have saved so far; the open step is closed."""

    delivery_id: int
    saved: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seal:
    """To be written before the first attempt of an event that waited for its twin: from now on it never changes.

    The outcome is the event as it is now, None where a twin has routed it elsewhere.
    """

    delivery_id: int
    event_id: str


@dataclass(frozen=True, slots=True)
class StateSwap:
    """To be written: a value of an adapter, in the place of `old` (None: of none). It is a secret.

    The outcome is whether `old` was still there.
    """

    tenant: str
    key: str
    old: str | None = field(repr=False)
    new: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class LaneTold:
    """To be written: what delivery has found out about a destination."""

    tenant: str
    destination: str
    opened_at: datetime | None
    held_until: datetime | None
    # Set where its breaker has been open for too long; None leaves parking as it is.
    parked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderKeys:
    """To be written: whose deliveries go one after the other, by delivery. An empty key: nobody's."""

    keys: Mapping[int, str]


DeliveryWrite = (
    AttemptEnded | StepBegun | StepSaved | Seal | CloseLines | FileWritten | StateSwap | LaneTold | OrderKeys
)

Written = Event | bool | None
"""The outcome of a DeliveryWrite."""
