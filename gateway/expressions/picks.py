"""Picks: JMESPath expressions that take a value out of a document. Compiled once; every fault has a sentence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError, LexerError, ParseError
from jmespath.functions import Functions

_FUNCTIONS = frozenset(Functions.FUNCTION_TABLE)


class FaultyPick(ValueError):
    """An expression cannot be read; the text says where and why."""


class CannotPick(ValueError):
    """An expression cannot be worked out on a document; the text says why, without any of its values."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A compiled expression; called with a document it gives a value, None where there is nothing."""

    text: str
    _compiled: Any
    # What it takes from the document, the first part of each path.
    names: frozenset[str] = frozenset()

    def __call__(self, document: Any) -> Any:
        """Return what the expression picks. Raises CannotPick, as for a function on a value that it does not take."""
        try:
            return self._compiled.search(document)
        except (JMESPathError, TypeError, ArithmeticError):
            raise CannotPick(f"the expression {self.text!r} cannot be worked out") from None


def compile_pick(text: str, names: Iterable[str] | None = None) -> Pick:
    """Return a compiled expression. Raises FaultyPick with the place of the mistake, and, where `names` are given,
    for one that takes a name from the document that is not among them."""
    try:
        compiled = jmespath.compile(text)
    except (LexerError, ParseError) as error:
        raise FaultyPick(f"{text!r} is no JMESPath expression: it cannot be read {_place(error, text)}") from None
    except JMESPathError:
        raise FaultyPick(f"{text!r} is no JMESPath expression") from None
    unknown = next((name for name in _called(compiled.parsed) if name not in _FUNCTIONS), None)
    if unknown is not None:
        raise FaultyPick(f"{text!r} calls {unknown}(), and JMESPath has no such function")
    if any(_negated_first(node) for node in _nodes(compiled.parsed)):
        raise FaultyPick(f"{text!r} negates before it looks inside: write !(body.error), not !body.error")
    taken = frozenset(_taken(compiled.parsed))
    for name in sorted(taken - set(taken if names is None else names)):
        raise FaultyPick(f"{text!r} takes the name {name!r}, which there is not; {_remedy(name, sorted(names or ()))}")
    return Pick(text, compiled, taken)


def _place(error: Any, text: str) -> str:
    position = getattr(error, "lex_position", None)
    return f"from character {position + 1} on" if position is not None and position < len(text) else "to its end"


def _remedy(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"


# Of these only the first part looks at the whole document; the others look at what it gave.
_CHAINS = frozenset(
    {"subexpression", "index_expression", "pipe", "projection", "value_projection", "filter_projection", "flatten"}
)


def _taken(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that an expression takes from the document itself."""
    if node["type"] == "field":
        yield node["value"]
    children = node["children"][:1] if node["type"] in _CHAINS else node["children"]
    for child in children if node["type"] != "expref" else ():
        if isinstance(child, dict):
            yield from _taken(child)


def _called(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the functions that a parsed expression calls: JMESPath itself finds out only at work."""
    return (each["value"] for each in _nodes(node) if each["type"] == "function_expression")


def _negated_first(node: Mapping[str, Any]) -> bool:
    """Tell whether an expression looks inside a negation: in JMESPath ! binds closer than the dot."""
    first = node["children"][0] if node["children"] and node["type"] in _CHAINS - {"pipe"} else None
    return isinstance(first, dict) and first["type"] == "not_expression"


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _nodes(child)
