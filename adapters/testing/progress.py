"""The progress of one delivery without a store."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.delivery import AttemptResult, Verdict


class MemoryProgress:
    """The progress of one delivery, kept in memory. `log` lists what was committed, in order."""

    def __init__(self, attempt: int = 1, open_step: str | None = None, saved: Mapping[str, Any] | None = None) -> None:
        self.attempt = attempt
        self.open_step = open_step
        self.saved: Mapping[str, Any] = dict(saved or {})
        self.log: list[tuple[str, Any]] = []

    def begin(self, step: str) -> None:
        """Note that `step` is about to be sent."""
        self.open_step = step
        self.log.append(("begin", step))

    def save(self, values: Mapping[str, Any]) -> None:
        """Keep the values and close the open step."""
        self.saved = {**self.saved, **values}
        self.open_step = None
        self.log.append(("save", dict(values)))

    def settle(self, verdict: Verdict) -> None:
        """Go on to the next attempt as delivery does: any verdict but 'unknown' closes the open step."""
        self.attempt += 1
        if verdict.result is not AttemptResult.UNKNOWN:
            self.open_step = None
