"""YAML text -> a tree of nodes with their places. Nothing is converted and no key is looked at here.

It reads the parser's events, not PyYAML's own composer: that one recurses without a limit, and it forgets which
values came through an alias.
"""

from dataclasses import dataclass
from typing import Any

import yaml

from gateway.settings.yaml_faults import NotYamlError, fault_of

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it, the same language in Python elsewhere."""

DEPTH_LIMIT = 64
"""How deep mappings and lists may stand in one another. Real configurations need about ten."""


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of YAML and where it begins (line and column from 1)."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar(Node):
    """A single text as written, its YAML tag, and whether it stood there without quotes and without a tag."""

    text: str
    tag: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Items(Node):
    """A list. `tag` is None unless one was written."""

    nodes: tuple[Node, ...]
    tag: str | None


@dataclass(frozen=True, slots=True)
class Pairs(Node):
    """A mapping, in the order written, double keys included."""

    pairs: tuple[tuple[Node, Node], ...]
    tag: str | None


@dataclass(frozen=True, slots=True)
class Alias(Node):
    """A place that repeats an anchored node."""

    node: Node


def compose(text: str, parser: Any = Loader) -> Node | None:
    """Return the one document in a text, None where there is none. `parser` is one of PyYAML's safe loaders.

    Raises NotYamlError at the first place that is not YAML, or not the YAML that is read here.
    """
    loader = parser(text)
    try:
        return _Composer(loader).document()
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise fault_of(error, text) from None
    finally:
        loader.dispose()


class _Composer:
    def __init__(self, loader: Any) -> None:
        self._loader = loader
        # None while the anchored node is still being read: an alias to it would have no end.
        self._anchors: dict[str, Node | None] = {}

    def document(self) -> Node | None:
        self._loader.get_event()
        if self._loader.check_event(yaml.StreamEndEvent):
            return None
        self._loader.get_event()
        node = self._node(self._loader.get_event(), 0)
        self._loader.get_event()
        if not self._loader.check_event(yaml.StreamEndEvent):
            mark = self._loader.get_event().start_mark
            raise NotYamlError(mark.line + 1, mark.column + 1, *SECOND_DOCUMENT)
        return node

    def _node(self, event: Any, depth: int) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if depth > DEPTH_LIMIT:
            raise NotYamlError(line, column, f"this is nested deeper than {DEPTH_LIMIT} levels.", "Flatten it.")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), line, column)
        if event.anchor is None:
            return self._content(event, depth, line, column)
        self._anchors[event.anchor] = None
        node = self._content(event, depth, line, column)
        self._anchors[event.anchor] = node
        return node

    def _alias(self, anchor: str, line: int, column: int) -> Node:
        if anchor not in self._anchors:
            raise NotYamlError(line, column, *UNKNOWN_ALIAS)
        node = self._anchors[anchor]
        if node is None:
            raise NotYamlError(line, column, *ENDLESS_ALIAS)
        return Alias(line, column, node)

    def _content(self, event: Any, depth: int, line: int, column: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            plain = event.tag is None and event.implicit[0]
            return Scalar(line, column, event.value, self._tag(event), plain)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(line, column, tuple(self._until(yaml.SequenceEndEvent, depth)), event.tag)
        flat = self._until(yaml.MappingEndEvent, depth)
        return Pairs(line, column, tuple(zip(flat[::2], flat[1::2], strict=True)), event.tag)

    def _tag(self, event: Any) -> str:
        if event.tag not in (None, "!"):
            return str(event.tag)
        implicit = event.implicit if event.tag is None else (False, True)
        return str(self._loader.resolve(yaml.ScalarNode, event.value, implicit))

    def _until(self, end: type, depth: int) -> list[Node]:
        nodes = []
        while not isinstance(event := self._loader.get_event(), end):
            nodes.append(self._node(event, depth + 1))
        return nodes


SECOND_DOCUMENT = ("a second document begins here (---).", "Keep one document in a file.")
UNKNOWN_ALIAS = (
    "this alias (*) has no anchor (&) above it.",
    "Put the text in quotes if it is no alias.",
)
ENDLESS_ALIAS = ("this alias (*) stands inside the value that it repeats.", "Write the value out.")
