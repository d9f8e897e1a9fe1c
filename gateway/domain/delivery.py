"""Deliveries and their attempts: the states, and what an adapter says of one try."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from gateway.domain.export import LedgerLine


class DeliveryState(StrEnum):
    """Where a delivery (one event x one destination) stands."""

    # To be tried, now or later; `waiting_for` says why it waits.
    PENDING = "pending"
    # The destination has it.
    DELIVERED = "delivered"
    # No further try unless a person asks for a replay: a dead letter.
    DEAD = "dead"


class WaitingFor(StrEnum):
    """Why a pending delivery is not being tried."""

    # Its next attempt is due later.
    TIME = "time"
    # The callback that completes this payment may still come (merge window).
    TWIN = "twin"
    # A person must look at it first: too old, or from the future.
    REVIEW = "review"
    # A confirmation from the provider is outstanding.
    VERIFICATION = "verification"
    # Its destination is switched off or no longer configured.
    PARKED = "parked"


class AttemptResult(StrEnum):
    """How one attempt ended."""

    # The destination took it.
    DELIVERED = "delivered"
    # The destination already had it: as good as delivered.
    DUPLICATE = "duplicate"
    # It surely did not take it, or may safely be asked again: try again later.
    RETRY = "retry"
    # It said no, and would say no again: dead letter at once.
    REJECTED = "rejected"
    # It may or may not have taken it, and must not be asked blindly again.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StepTrace:
    """What one attempt did with one step. Stored with the attempt, and in no log.

    It holds no secret, and nothing of the payer's but what the destination itself may have said.
    """

    name: str
    # Method and address; expressions over what is the payer's stand in it as they are written.
    request: str
    # delivered | duplicate | retry | rejected | unknown | skipped
    decision: str
    # What decided: http_201, success_when, unless ...
    reason: str
    status: int | None = None
    duration_ms: int = 0
    # Names of the values that were saved.
    saved: tuple[str, ...] = ()
    # The beginning of the destination's own words.
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an adapter says of one attempt.

    `reason` is a short fixed word for logs and metrics ("http_500", "timeout", "no_connection"). `detail` is one
    sentence for a person. `answer` is the destination's own words, already cut to a sane length. None of them may hold
    a secret or the payer's phone or name in so far as the adapter put it there.
    """

    result: AttemptResult
    reason: str
    detail: str = ""
    status: int | None = None
    answer: str | None = None
    # The destination asked for this wait (Retry-After); the schedule may wait longer, never shorter.
    retry_after: timedelta | None = None
    # Of an unknown end: the next attempt finds out by itself before it sends anything, so that there is one.
    looks_first: bool = False
    # What became of each step, in order; none where a destination has a single request.
    steps: tuple[StepTrace, ...] = ()
    # What the event adds to the destination's files; committed with the attempt, once however often it is delivered.
    line: LedgerLine | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as it stands in the store."""

    number: int
    started_at: str
    duration_ms: int | None
    result: AttemptResult | None
    reason: str | None
    detail: str | None
    status: int | None
    answer: str | None
    # Names of steps begun and values saved, in the order they were committed.
    saved: Mapping[str, Any] = field(default_factory=dict)
