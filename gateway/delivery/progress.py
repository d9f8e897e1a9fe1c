"""The durable progress of one delivery, as an adapter sees it: nothing returns before it is committed."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.crash import point
from gateway.domain.due import DeliveryWrite, DueDelivery, StepBegun, StepSaved


class StoredProgress:
    """Progress of one attempt. `commit` writes one row and returns when it is on disk; it raises StoreUnavailable."""

    def __init__(self, delivery: DueDelivery, commit: Callable[[DeliveryWrite], object]) -> None:
        self._delivery = delivery
        self._commit = commit
        self._saved = dict(delivery.saved)
        self._open_step = delivery.open_step

    @property
    def attempt(self) -> int:
        """Number of this attempt, from 1."""
        return self._delivery.attempts + 1

    @property
    def open_step(self) -> str | None:
        """Step that was begun without telling how it ended."""
        return self._open_step

    @property
    def saved(self) -> Mapping[str, Any]:
        """Values saved by earlier steps and attempts."""
        return self._saved

    def begin(self, step: str) -> None:
        """Commit that `step` is about to be sent."""
        self._commit(StepBegun(self._delivery.id, step))
        point("after_begin")
        self._open_step = step

    def save(self, values: Mapping[str, Any]) -> None:
        """Commit values for later steps and attempts; the open step is closed."""
        saved = self._saved | dict(values)
        self._commit(StepSaved(self._delivery.id, saved))
        self._saved, self._open_step = saved, None
