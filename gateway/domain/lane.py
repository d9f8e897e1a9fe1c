"""How one destination is treated over time: how much at once, how fast, in which order, and what happens in trouble."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Order(StrEnum):
    """Whose deliveries go one after the other: the next one waits until the one before it is delivered or dead."""

    # Nobody's.
    NONE = "none"
    # Those of one account_reference, as it was typed.
    ACCOUNT = "account"
    # Those of one payer: number, masked number or hash, as it came.
    PAYER = "payer"


class ParkedBy(StrEnum):
    """Why a destination is parked: its deliveries wait, and nothing of them is dropped."""

    # `pesagate destinations park`.
    HAND = "hand"
    # Its breaker has been open for too long.
    BREAKER = "breaker"
    # It is no longer configured.
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `number` requests in each `per`, evenly spread."""

    number: int
    per: timedelta

    @property
    def interval(self) -> timedelta:
        """Time from one request to the next."""
        return self.per / self.number


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """When a destination counts as out of order, and how often it is then asked whether it still is."""

    # So many failures in a row open it.
    failures: int = 10
    # So does this share (0.5 = half) of the attempts within `window`, if there were `at_least` so many; None: no share.
    share: float | None = None
    window: timedelta = timedelta(minutes=1)
    at_least: int = 20
    # Until the first probe; doubled after each probe that fails, up to ten times it.
    pause: timedelta = timedelta(seconds=30)

    @property
    def longest_pause(self) -> timedelta:
        """The longest time from one probe to the next."""
        return 10 * self.pause


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """The keys of a destination that say how it is treated, whatever its adapter."""

    # Requests under way at once. None: 8, or 1 where an adapter takes several events at once.
    concurrency: int | None = None
    # None: as fast as it goes.
    rate: Rate | None = None
    order: Order = Order.NONE
    # None: it never opens.
    breaker: BreakerSettings | None = BreakerSettings()
    # None: never by itself.
    park_after: timedelta | None = timedelta(days=3)
    # Events in one request at most. None: what the adapter takes, one for `http`.
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class LaneState:
    """Where a destination stands, as the store keeps it: for restarts, and for people."""

    # Since when no attempt has come through; None: the breaker is closed.
    opened_at: datetime | None = None
    # The destination asked to be left alone until then (Retry-After).
    held_until: datetime | None = None
    parked_at: datetime | None = None
    parked_by: ParkedBy | None = None
    # When a person last asked for it to go on.
    resumed_at: datetime | None = None


NEW_LANE = LaneState()
"""A destination of which the store says nothing."""
