"""A destination as it is served: its settings, its adapter, its lane."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.delivery.attempt import Attempter
from gateway.delivery.lane import Lane
from gateway.domain.adapter import Adapter, BatchAdapter
from gateway.domain.due import AttemptEnded, DueDelivery
from gateway.domain.lane import NEW_LANE, LaneState
from gateway.domain.settings import Destination


@dataclass(frozen=True, slots=True)
class Served:
    """A destination with its adapter and its lane."""

    destination: Destination
    adapter: Adapter
    lane: Lane

    @classmethod
    def of(cls, destination: Destination, adapter: Adapter, state: LaneState = NEW_LANE) -> "Served":
        """Make one as the store knows it."""
        return cls(destination, adapter, Lane(destination.lane, isinstance(adapter, BatchAdapter), state))

    def attempt(self, attempter: Attempter, deliveries: Sequence[DueDelivery], is_probe: bool) -> list[AttemptEnded]:
        """Try deliveries; those that a twin has meanwhile routed elsewhere are left out."""
        if isinstance(self.adapter, BatchAdapter):
            return attempter.attempt_together(deliveries, self.destination, self.adapter, is_probe=is_probe)
        tried = (
            attempter.attempt(delivery, self.destination, self.adapter, is_probe=is_probe) for delivery in deliveries
        )
        return [ended for ended in tried if ended is not None]
