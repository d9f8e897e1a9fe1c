"""A template in pieces: where each value goes into a text of its own rules (a path, XML), it is escaped by itself."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, nodes

from gateway.expressions.templates import Template, compile_template

_PLAIN = Environment(autoescape=True, keep_trailing_newline=True)
"""Only to take texts apart; nothing is rendered with it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Fixed text, or one expression."""

    # As it stands in the template, braces included.
    source: str
    template: Template | None = None
    # Name of the last filter.
    filtered: str | None = None


@dataclass(frozen=True, slots=True)
class Pieces:
    """A compiled template whose expressions are worked out one by one."""

    parts: tuple[Piece, ...]

    @property
    def names(self) -> frozenset[str]:
        """What it takes, the first part of each path."""
        return frozenset(name for part in self.parts if part.template for name in part.template.names)

    @property
    def is_fixed(self) -> bool:
        """Tell whether it holds no expression."""
        return all(part.template is None for part in self.parts)

    def render(self, values: Mapping[str, Any], escaped: "Escape | None" = None) -> str:
        """Return the text, every value escaped by `escaped`. Raises CannotRender, and what `escaped` raises."""
        return "".join(_rendered(part, values, escaped or _as_it_is) for part in self.parts)

    def shown(self, values: Mapping[str, Any], unknown: Collection[str], escaped: "Escape | None" = None) -> str:
        """Return the text for people: expressions that take an unknown name stand there as they are written."""
        return "".join(
            part.source
            if part.template is None or part.template.names & set(unknown)
            else _rendered(part, values, escaped or _as_it_is)
            for part in self.parts
        )


Escape = Callable[[str, Piece], str]


def compile_pieces(text: str, names: Iterable[str] | None = None) -> Pieces:
    """Return a compiled template. Raises FaultyTemplate as `compile_template` does."""
    compile_template(text, names)
    return Pieces(tuple(_pieces(text)))


def attributes(text: str) -> Iterator[tuple[str, str]]:
    """Yield the first two parts of each path in a template that can be read: ("payer", "name") of payer.name."""
    for node in _PLAIN.parse(text).find_all((nodes.Getattr, nodes.Getitem)):
        of, part = getattr(node, "node", None), getattr(node, "attr", None)
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            part = node.arg.value
        if isinstance(of, nodes.Name) and isinstance(part, str):
            yield of.name, part


def _pieces(text: str) -> Iterator[Piece]:
    source: list[str] | None = None
    for _, kind, value in _PLAIN.lex(text):
        if kind == "variable_begin":
            source = [value]
        elif kind == "variable_end" and source is not None:
            whole = "".join([*source, value])
            yield Piece(whole, compile_template(whole), _last_filter(whole))
            source = None
        elif source is not None:
            source.append(value)
        elif kind == "data":
            yield Piece(value)


def _last_filter(text: str) -> str | None:
    (output,) = _PLAIN.parse(text).body
    (expression,) = output.nodes  # type: ignore[attr-defined]
    return expression.name if isinstance(expression, nodes.Filter) else None


def _rendered(part: Piece, values: Mapping[str, Any], escaped: Escape) -> str:
    return part.source if part.template is None else escaped(part.template.render(values), part)


def _as_it_is(text: str, _piece: Piece) -> str:
    return text
