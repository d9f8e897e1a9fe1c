"""The steps of a destination, compiled: what is sent, when, what of the answer is kept, and which step looks first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from adapters.http.address import Address
from adapters.http.body import Body
from adapters.http.rules import Rules
from gateway.domain.adapter import Mistake
from gateway.expressions.pieces import Pieces
from gateway.expressions.templates import Template

REFUSALS = "refusals"
"""Name in templates of steps: how often the destination has refused this delivery."""

SEND = "send"
"""Name of the one step of a destination without `steps`."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`when` and `unless`: left out where it is not so. `requires`: refused."""

    word: str
    expression: Template
    text: str

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the step is to be sent. Raises CannotRender."""
        return bool(self.expression.value(values)) is (self.word != "unless")


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a sequence."""

    name: str
    method: str
    address: Address
    headers: Sequence[tuple[str, Pieces]]
    body: Body
    conditions: tuple[Condition, ...]
    rules: Rules
    timeout: timedelta
    # It changes nothing there: asked again whenever that helps.
    reads: bool
    # The same request twice does no harm.
    repeatable: bool
    # It has a `duplicate_when` of its own: as the find step, it ends the sequence where that is true.
    ends: bool = False

    @property
    def once(self) -> bool:
        """True where a send that may have arrived must not be repeated blindly."""
        return not self.repeatable

    @property
    def names(self) -> frozenset[str]:
        """What the request takes from event and saved values."""
        headers = [pieces.names for _, pieces in self.headers]
        conditions = [condition.expression.names for condition in self.conditions]
        return frozenset().union(self.address.names, self.body.names, *headers, *conditions)


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps in order, and what is wrong with what was written."""

    steps: tuple[Step, ...]
    # True for `steps:`, false for the one request of a plain `url`.
    is_sequence: bool
    # Position of the step that looks whether the payment is there.
    find: int | None = None
    mistakes: tuple[Mistake, ...] = ()
    # What has to be true of an event; of another one nothing is sent.
    requires: Condition | None = None

    @property
    def names(self) -> frozenset[str]:
        """What any step takes from event and saved values."""
        required = self.requires.expression.names if self.requires else frozenset()
        return required.union(*(step.names for step in self.steps))

    @property
    def saved_names(self) -> tuple[str, ...]:
        """Names of all values that steps save, in order."""
        return tuple(dict.fromkeys(name for step in self.steps for name in step.rules.save))

    def position(self, name: str) -> int | None:
        """Return where a step stands, None for one that is no longer configured."""
        return next((index for index, step in enumerate(self.steps) if step.name == name), None)

    def can_look(self, position: int) -> bool:
        """Tell whether a step whose end is unknown can be cleared up: by a find before it, whose word then counts.

        The word counts where a condition of the step takes what was found, or where finding anything is the end.
        """
        if self.find is None or self.find >= position:
            return False
        looked = {name for step in self.steps[self.find : position] if step.reads for name in step.rules.save}
        taken = {name for each in self.steps[position].conditions for name in each.expression.names}
        return bool(looked & taken) or self.steps[self.find].ends

    def writes(self) -> Iterator[Step]:
        """Give the steps that change something."""
        return (step for step in self.steps if not step.reads)
