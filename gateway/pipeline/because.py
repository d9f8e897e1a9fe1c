"""A rule in words, as it is recorded with each decision: of the configuration's words only, never of a payer's."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.domain.question import AmountRange, Conditions, ValidationRule

LONGEST = 250
"""What is longer is cut: the number of the rule leads to its whole text."""


def because(rule: ValidationRule) -> str:
    """Return why a question was decided by this rule, e.g. `rule 2: reference is not INV-*`."""
    when = " and ".join(_told(rule.when, "is"))
    unless = list(_told(rule.unless, "is not" if _is_one(rule.unless) else "is"))
    negated = " and ".join(unless) if len(unless) < 2 else f"not ({' and '.join(unless)})"
    said = " and ".join(part for part in (when, negated) if part) or "it decides every question"
    return _cut(f"rule {rule.number}: {said}")


def undecided(rule: ValidationRule) -> str:
    """Return why a question could not be decided when it came to this rule."""
    names = dict.fromkeys(each.reference_in for each in (rule.when, rule.unless) if each and each.reference_in)
    return _cut(f"rule {rule.number} could not be decided: the list {' or '.join(names)} was not known")


def _is_one(conditions: Conditions | None) -> bool:
    return conditions is not None and sum(getattr(conditions, name) is not None for name in _WORDS) == 1


def _told(conditions: Conditions | None, verb: str) -> Iterator[str]:
    if conditions is not None:
        for name, (noun, words) in _WORDS.items():
            value = getattr(conditions, name)
            if value is not None:
                yield f"{noun} {verb} {words(value)}"


def _any(patterns: tuple[str, ...]) -> str:
    return " or ".join(patterns)


def _range(bounds: AmountRange) -> str:
    least, most = bounds.minimum, bounds.maximum
    if least is not None and most is not None:
        return f"from {least:f} to {most:f}"
    return f"at least {least:f}" if least is not None else f"at most {most:f}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


# Condition -> what it speaks of, and how its value is said. In the order in which they are told.
_WORDS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "shortcode": ("shortcode", _any),
    "reference": ("reference", _any),
    "reference_regex": ("reference", lambda pattern: f"of the form {pattern}"),
    "reference_in": ("reference", lambda name: f"in the list {name}"),
    "amount": ("amount", _range),
    "payer": ("payer", _any),
}
