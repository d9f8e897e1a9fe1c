"""One value of a request: fixed, or a template. What is one whole expression keeps its kind."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.expressions.filters import shown as as_text
from gateway.expressions.pieces import Pieces
from gateway.expressions.templates import Template


@dataclass(frozen=True, slots=True)
class Leaf:
    """A compiled template with its pieces."""

    template: Template
    pieces: Pieces

    @property
    def names(self) -> frozenset[str]:
        """What it takes from event and saved values."""
        return self.template.names

    def value(self, values: Mapping[str, Any]) -> Any:
        """Return the value. Raises CannotRender."""
        return self.template.value(values)

    def texts(self, values: Mapping[str, Any]) -> Iterator[str]:
        """Give the texts for a query or a form: none for null, one for each entry of a list."""
        value = self.value(values)
        for one in value if isinstance(value, list | tuple) else [value]:
            if one is not None:
                yield str(as_text(one))

    def shown(self, values: Mapping[str, Any], unknown: Collection[str]) -> Any:
        """Return the value for people; what takes an unknown name stands there as it is written."""
        return self.pieces.shown(values, unknown) if self.names & set(unknown) else self.value(values)


def names_in(tree: Any) -> frozenset[str]:
    """Return what the leaves of a tree take."""
    if isinstance(tree, Leaf):
        return tree.names
    inside = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ()
    return frozenset().union(*map(names_in, inside))


def rendered(tree: Any, values: Mapping[str, Any]) -> Any:
    """Return a tree with every leaf worked out. Raises CannotRender."""
    if isinstance(tree, Leaf):
        return tree.value(values)
    if isinstance(tree, Mapping):
        return {key: rendered(inner, values) for key, inner in tree.items()}
    return [rendered(inner, values) for inner in tree] if isinstance(tree, list) else tree


def shown(tree: Any, values: Mapping[str, Any], unknown: Collection[str]) -> Any:
    """Return a tree for people."""
    if isinstance(tree, Leaf):
        return tree.shown(values, unknown)
    if isinstance(tree, Mapping):
        return {key: shown(inner, values, unknown) for key, inner in tree.items()}
    return [shown(inner, values, unknown) for inner in tree] if isinstance(tree, list) else tree
