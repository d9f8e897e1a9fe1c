"""Regular expressions that cannot run away.

Python's engine tries one way after another to make a pattern fit, and a pattern such as (a+)+ has more ways to fit a
text than anybody can wait for. So how many ways a pattern has at most, and how many steps each, is counted from its
parts before it is used; what is over the limit is refused when the configuration is read. Together with a limit on the
text this bounds every match to milliseconds, whatever the payer typed.

The parts are those that Python's own parser gives, which is no public interface. A Python whose parser is not there, or
gives something else, costs the patterns: each is refused, by a sentence, and all else of the gateway works.
"""

import re
from collections.abc import Callable, Iterable
from functools import reduce
from importlib import import_module
from typing import Any, NamedTuple

LONGEST_TEXT = 64
"""A longer text fits no pattern. M-Pesa lets a payer type 20 characters."""

MAX_WAYS = 300_000
MAX_STEPS = 2_000


class PatternError(ValueError):
    """The pattern cannot be used; the text says why, as the end of a sentence that begins with 'it'."""


class _Size(NamedTuple):
    """How many ways there are to go through a part, and how many steps the longest of them takes. Both at most."""

    ways: int
    steps: int


def _pythons_own(pattern: str) -> Iterable[Any]:
    return import_module("re._parser").parse(pattern)  # type: ignore[no-any-return]


def fits(pattern: str, parse: Callable[[str], Iterable[Any]] = _pythons_own) -> Callable[[str | None], bool]:
    """Return a test that tells whether a pattern fits a text from its first to its last character.

    `parse` takes a pattern apart. Raises PatternError where the pattern is none, could take too long, or cannot be
    measured by what `parse` gives.
    """
    try:
        match = re.compile(pattern).fullmatch
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"is no regular expression: {getattr(error, 'msg', 'it is too large')}") from None
    size = _measured(pattern, parse)
    if size.ways > MAX_WAYS or size.steps > MAX_STEPS:
        raise PatternError("could take too long: it has too many repetitions (* + ? {}) inside or beside each other")
    return lambda text: text is not None and len(text) <= LONGEST_TEXT and match(text) is not None


def _measured(pattern: str, parse: Callable[[str], Iterable[Any]]) -> _Size:
    try:
        return _sequence(parse(pattern))
    except PatternError:
        raise
    except Exception:
        raise PatternError(_UNKNOWN_PARSER) from None


def _sequence(parts: Any) -> _Size:
    return reduce(_then, (_size(*part) for part in parts), _Size(1, 1))


def _then(first: _Size, second: _Size) -> _Size:
    return _bounded(first.ways * second.ways, first.steps + second.steps)


def _size(code: Any, argument: Any) -> _Size:
    name = getattr(code, "name", str(code))
    if name in _UNBOUNDED:
        raise PatternError("looks ahead or back, or refers to a group, and neither can be bounded in time")
    if name not in _SIZES:
        raise PatternError(_UNKNOWN_PARSER)
    return _SIZES[name](argument)


def _one(_argument: Any) -> _Size:
    return _Size(1, 1)


def _group(argument: Any) -> _Size:
    return _sequence(argument[-1])


def _branch(argument: Any) -> _Size:
    sizes = [_sequence(branch) for branch in argument[1]]
    return _bounded(sum(size.ways for size in sizes), max(size.steps for size in sizes) + 1)


def _repeat(argument: Any) -> _Size:
    # No text has room for more rounds than it has characters; rounds of nothing end by themselves.
    least, most, body = argument
    size = _sequence(body)
    most = min(most, max(least, LONGEST_TEXT))
    rounds = range(least, most + 1)[: LONGEST_TEXT + 1]
    ways = len(rounds) if size.ways == 1 else sum(size.ways ** min(number, _ENOUGH) for number in rounds)
    return _bounded(ways, max(1, most) * size.steps)


def _bounded(ways: int, steps: int) -> _Size:
    """Return a size, cut where it is over the limit anyway: numbers of a thousand digits serve nobody."""
    return _Size(min(ways, MAX_WAYS + 1), min(steps, MAX_STEPS + 1))


# Two ways in each of so many rounds are over the limit.
_ENOUGH = MAX_WAYS.bit_length()

_UNKNOWN_PARSER = "cannot be measured by this version of Python"

# By the names that the parser gives to the parts of a pattern.
_UNBOUNDED = frozenset({"ASSERT", "ASSERT_NOT", "GROUPREF", "GROUPREF_EXISTS"})
_SIZES: dict[str, Callable[[Any], _Size]] = {
    **dict.fromkeys(("LITERAL", "NOT_LITERAL", "ANY", "IN", "AT"), _one),
    "SUBPATTERN": _group,
    "ATOMIC_GROUP": _sequence,
    "BRANCH": _branch,
    **dict.fromkeys(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"), _repeat),
}
