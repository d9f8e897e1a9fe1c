"""What a destination says of its answers: predicates over status, headers and body, in the order they are asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.http.reading import Reading
from gateway.domain.delivery import AttemptResult
from gateway.expressions.picks import CannotPick, Pick

RULES: Mapping[str, AttemptResult] = {
    "duplicate_when": AttemptResult.DUPLICATE,
    "success_when": AttemptResult.DELIVERED,
    "retry_when": AttemptResult.RETRY,
    "reject_when": AttemptResult.REJECTED,
}
"""Name -> result. The first that is true of an answer decides; where none is, the status does."""

# Looks inside the body, so that plain text or nothing is no answer to it.
_INSIDE = re.compile(r"\bbody\s*[.\[|]")


@dataclass(frozen=True, slots=True)
class Rules:
    """The predicates of one step, and what it saves."""

    given: Mapping[str, Pick] = field(default_factory=dict)
    save: Mapping[str, Pick] = field(default_factory=dict)

    @property
    def reads_answers(self) -> bool:
        """Tell whether anything looks into the answer's body."""
        return any("body" in pick.names or not pick.names for pick in (*self.given.values(), *self.save.values()))

    def decided(self, reading: Reading) -> str | None:
        """Return the name of the first predicate that is true."""
        return next((name for name in RULES if name in self.given and _is_true(self.given[name], reading)), None)

    def cannot_read(self, reading: Reading) -> bool:
        """Tell whether what counts as success, or is to be saved, is looked for in a body that is none."""
        needed = [*self.save.values(), *(pick for name, pick in self.given.items() if name == "success_when")]
        return any(_cannot_read(pick, reading) for pick in needed)

    def picked(self, reading: Reading) -> dict[str, object]:
        """Return the values to save; null where an expression finds nothing, or cannot be worked out."""
        return {name: _value(pick, reading) for name, pick in self.save.items()}


def _cannot_read(pick: Pick, reading: Reading) -> bool:
    if "body" not in pick.names:
        return False
    return reading.body is None or (not reading.is_tree and _INSIDE.search(pick.text) is not None)


def _is_true(pick: Pick, reading: Reading) -> bool:
    """Tell whether a value is true as JMESPath has it: not false, null, or an empty text, list or mapping."""
    value = _value(pick, reading)
    return not (value is False or value is None or value == "" or value == [] or value == {})


def _value(pick: Pick, reading: Reading) -> object:
    try:
        value: object = pick(reading.document)
    except CannotPick:
        return None
    return value
