"""Where a delivery stands in its steps, and where the next attempt begins: pure decisions over what was saved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from adapters.http.plan import Plan
from gateway.domain.times import from_micros, to_micros

KEY = "_steps"
"""Under this name the position stands beside the saved values, whose names begin with a letter."""

FOUND_FOR = timedelta(minutes=1)
"""So long what the find step said is believed. Later a person may have entered the payment by hand."""

DELIVERED, DUPLICATE, SKIPPED = "delivered", "duplicate", "skipped"


@dataclass(frozen=True, slots=True)
class Position:
    """What earlier attempts did."""

    # Step -> delivered, duplicate, or skipped by its condition.
    done: Mapping[str, str] = field(default_factory=dict)
    # A step that may have arrived, and since when nobody knows.
    unsure: str | None = None
    since: datetime | None = None
    # When the find step was answered last.
    found_at: datetime | None = None
    # How often a step was refused (4xx) when nothing before may have arrived: what was asked for was not done.
    refused: int = 0
    # A step may have arrived at some time: what was asked for under its key may be done, whatever is said later.
    doubtful: bool = False

    @classmethod
    def of(cls, saved: Mapping[str, Any]) -> "Position":
        """Read what `as_saved` wrote; whatever else stands there is no position."""
        kept = saved.get(KEY)
        kept = kept if isinstance(kept, dict) else {}
        done = kept.get("done")
        return cls(
            done=done if isinstance(done, dict) else {},
            unsure=kept.get("unsure"),
            since=_moment(kept.get("since")),
            found_at=_moment(kept.get("found_at")),
            refused=kept.get("refused", 0),
            doubtful=kept.get("doubtful", False),
        )

    def as_saved(self) -> dict[str, Any]:
        """Return the JSON form."""
        kept = {"done": dict(self.done), "unsure": self.unsure, "since": _micros(self.since)}
        return {
            KEY: {
                **kept,
                "found_at": _micros(self.found_at),
                "refused": self.refused,
                "doubtful": self.doubtful,
            }
        }

    def with_done(self, name: str, result: str) -> "Position":
        """Return the position after a step."""
        sure: dict[str, Any] = {"unsure": None, "since": None} if name == self.unsure else {}
        return replace(self, done={**self.done, name: result}, **sure)

    def with_unsure(self, name: str, since: datetime) -> "Position":
        """Return the position after a step whose end is unknown."""
        return replace(self, unsure=name, since=since, doubtful=True)

    def with_refusal(self, status: int | None) -> "Position":
        """Return the position after a refusal. What was found no longer counts: a person may mend something there."""
        counts = not self.doubtful and (status or 0) // 100 == 4
        return replace(self, found_at=None, refused=self.refused + int(counts))


def values_in(saved: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that steps saved, without the position."""
    return {name: value for name, value in saved.items() if name != KEY}


@dataclass(frozen=True, slots=True)
class Start:
    """Where an attempt begins, and with what in mind."""

    index: int
    position: Position


def start(plan: Plan, kept: Position, open_step: str | None, now: datetime) -> Start | None:
    """Return where to begin; None where a step may have arrived and nothing can tell whether it did.

    The step reached, in general. The find step, where a step may have arrived, or where what was found is so old that
    it may have changed. Reads are asked again from there on; what was written stays written.
    """
    if not plan.is_sequence and plan.steps[0].repeatable:
        return Start(0, Position())
    kept = _unsure(plan, kept, open_step, now)
    reached = next((index for index, step in enumerate(plan.steps) if step.name not in kept.done), len(plan.steps))
    if kept.unsure is not None:
        at = plan.position(kept.unsure)
        if at is None or not plan.can_look(at):
            return None
        return _from(plan, plan.find or 0, kept)
    if plan.find is not None and plan.find < reached and _is_old(plan, kept, reached, now):
        return _from(plan, plan.find, kept)
    return Start(reached, kept)


def trusts_absence(position: Position, patience: timedelta, now: datetime) -> bool:
    """Tell whether 'it is not there' can be believed: a destination may still be at work on what it was sent."""
    return position.since is None or now - position.since >= patience


def _unsure(plan: Plan, kept: Position, open_step: str | None, now: datetime) -> Position:
    """Return the position with the step that may have arrived; one that may be repeated does not count."""
    name, since = (open_step, now) if open_step is not None else (kept.unsure, kept.since)
    if name is None:
        return kept
    at = plan.position(name)
    if at is None:
        # It bears another name by now: it can only be the next one that is to be written.
        at = next((i for i, step in enumerate(plan.steps) if step.once and step.name not in kept.done), None)
    if at is None or plan.steps[at].repeatable or plan.steps[at].name in kept.done:
        return replace(kept, unsure=None, since=None)
    return replace(kept, unsure=plan.steps[at].name, since=since)


def _is_old(plan: Plan, kept: Position, reached: int, now: datetime) -> bool:
    if reached == len(plan.steps):
        return False
    return kept.found_at is None or not timedelta(0) <= now - kept.found_at < FOUND_FOR


def _from(plan: Plan, index: int, kept: Position) -> Start:
    reads = {step.name for step in plan.steps[index:] if step.reads}
    done = {name: result for name, result in kept.done.items() if name not in reads and result != SKIPPED}
    return Start(index, replace(kept, done=done))


def written_by(plan: Plan, done: Mapping[str, str]) -> Iterator[str]:
    """Give the names of values that steps which have written something saved: a later 'not found' takes none away."""
    for step in plan.steps:
        if not step.reads and done.get(step.name) == DELIVERED:
            yield from step.rules.save


def _moment(micros: Any) -> datetime | None:
    return from_micros(micros) if isinstance(micros, int) else None


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)
