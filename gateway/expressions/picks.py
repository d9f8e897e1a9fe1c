"""Picks: JMESPath expressions that take a value out of a document. Compiled once; every fault has a sentence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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

    def __call__(self, document: Any) -> Any:
        """Return what the expression picks. Raises CannotPick, as for a function on a value that it does not take."""
        try:
            return self._compiled.search(document)
        except (JMESPathError, TypeError, ArithmeticError):
            raise CannotPick(f"the expression {self.text!r} cannot be worked out") from None


def compile_pick(text: str) -> Pick:
    """Return a compiled expression. Raises FaultyPick with the place of the mistake."""
    try:
        compiled = jmespath.compile(text)
    except (LexerError, ParseError) as error:
        raise FaultyPick(f"{text!r} is no JMESPath expression: it cannot be read {_place(error, text)}") from None
    except JMESPathError:
        raise FaultyPick(f"{text!r} is no JMESPath expression") from None
    unknown = next((name for name in _called(compiled.parsed) if name not in _FUNCTIONS), None)
    if unknown is not None:
        raise FaultyPick(f"{text!r} calls {unknown}(), and JMESPath has no such function")
    return Pick(text, compiled)


def _place(error: Any, text: str) -> str:
    position = getattr(error, "lex_position", None)
    return f"from character {position + 1} on" if position is not None and position < len(text) else "to its end"


def _called(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the functions that a parsed expression calls: JMESPath itself finds out only at work."""
    if node["type"] == "function_expression":
        yield node["value"]
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _called(child)
