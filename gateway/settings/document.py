"""A YAML file as plain values, with the place of every value and key beside them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.settings import scalars
from gateway.settings.places import Flaw, Place, Steps, quoted
from gateway.settings.yaml_faults import NotYamlError
from gateway.settings.yaml_nodes import DEPTH_LIMIT, Alias, Items, Node, Pairs, Scalar

ALIAS_LIMIT = 100_000
"""How many values may come through aliases, so that a few lines cannot grow into gigabytes."""

_PASSWORD = re.compile(r"://[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Document:
    """Plain values (dict, list, str, int, float, bool, None), where each stands, and the mistakes found so far."""

    value: Any
    # The place of every value.
    places: dict[Steps, Place]
    # The place of every mapping's key, by the steps of its value.
    key_places: dict[Steps, Place] = field(default_factory=dict)
    # What stands in the file for a value that is not a text, or that was another text before substitution.
    texts: dict[Steps, str] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()
    # Values that a flaw told elsewhere has made useless: nothing more is said of them.
    unusable: tuple[Steps, ...] = ()
    # What came from elsewhere in the document, by where it stands now: a recipe's parameters.
    origins: Mapping[Steps, Steps] = field(default_factory=dict)

    def at(self, steps: Steps) -> Any:
        """Return the value at the steps, None where there is none."""
        value = self.value
        for step in steps:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def place(self, steps: Steps) -> Place:
        """Return the place of a value, of the nearest one around it where it has none."""
        while steps not in self.places and steps:
            steps = steps[:-1]
        return self.places[steps]

    def key_place(self, steps: Steps) -> Place:
        """Return the place of the key before a value, of the value where no key stands before it."""
        return self.key_places.get(steps) or self.place(steps)

    def origin(self, steps: Steps) -> Steps:
        """Return the steps under which the user wrote a value: other ones where it is a recipe's parameter."""
        for length in range(len(steps), 0, -1):
            if steps[:length] in self.origins:
                return self.origins[steps[:length]] + steps[length:]
        return steps

    def shown(self, steps: Steps, value: Any) -> str:
        """Return a value as an error message may show it: as written, short, no password of a URL."""
        if isinstance(value, dict | list):
            return "a mapping" if isinstance(value, dict) else "a list"
        written = self.texts.get(steps, value if isinstance(value, str) else "")
        if isinstance(value, str):
            return quoted(_PASSWORD.sub("://***@", written))
        return written[:60] or "nothing"


def joined(whole: Document, parts: Iterable[tuple[Steps, Document]]) -> Document:
    """Return `whole` with each part's places, texts and flaws hung in at its steps. Values are not touched."""
    places, key_places, texts = dict(whole.places), dict(whole.key_places), dict(whole.texts)
    flaws = list(whole.flaws)
    for above, part in parts:
        places.update({above + steps: place for steps, place in part.places.items()})
        key_places.update({above + steps: place for steps, place in part.key_places.items()})
        texts.update({above + steps: text for steps, text in part.texts.items()})
        flaws += [replace(flaw, steps=above + flaw.steps) for flaw in part.flaws]
    return Document(whole.value, places, key_places, texts, tuple(flaws))


def document_of(node: Node, file: str) -> Document:
    """Return the document of a tree of nodes; what cannot be kept becomes a flaw and an empty value.

    Raises NotYamlError where aliases would make it too large.
    """
    builder = _Builder(file)
    value = builder.value(node, (), through_alias=False)
    return Document(value, builder.places, builder.key_places, builder.texts, tuple(builder.flaws))


class _Builder:
    def __init__(self, file: str) -> None:
        self._file = file
        self._repeated = 0
        self.places: dict[Steps, Place] = {}
        self.key_places: dict[Steps, Place] = {}
        self.texts: dict[Steps, str] = {}
        self.flaws: list[Flaw] = []

    def value(self, node: Node, steps: Steps, *, through_alias: bool) -> Any:
        if isinstance(node, Alias):
            return self.value(node.node, steps, through_alias=True)
        self._count(node, steps, through_alias=through_alias)
        self.places[steps] = self._place(node)
        if isinstance(node, Scalar):
            return self._scalar(node, steps)
        if isinstance(node, Items):
            self._refuse_tag(node, node.tag, steps)
            return [self.value(n, (*steps, i), through_alias=through_alias) for i, n in enumerate(node.nodes)]
        assert isinstance(node, Pairs)  # noqa: S101 (the four kinds of node are all there are)
        self._refuse_tag(node, node.tag, steps)
        return self._mapping(node, steps, through_alias)

    def _mapping(self, node: Pairs, steps: Steps, through_alias: bool) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.pairs:
            key = self._key(key_node, steps)
            if key is None:
                continue
            inner = (*steps, key)
            if key in result:
                self._doubled(key_node, inner)
                continue
            self.key_places[inner] = self._place(key_node)
            result[key] = self.value(value_node, inner, through_alias=through_alias)
        for source in _merged(node):
            self._merge(source, steps, result)
        return result

    def _merge(self, source: Node, steps: Steps, result: dict[str, Any]) -> None:
        self._count(source, steps, through_alias=True)
        if not isinstance(source, Pairs):
            self._flaw(source, steps, "<< can only take in a mapping.", "Write << : *name of an anchored mapping.")
            return
        for key_node, value_node in source.pairs:
            self._count(source, steps, through_alias=True)
            key = self._key(key_node, steps)
            if key is not None and key not in result:
                self.key_places[(*steps, key)] = self._place(key_node)
                result[key] = self.value(value_node, (*steps, key), through_alias=True)
        for further in _merged(source):
            self._merge(further, steps, result)

    def _key(self, node: Node, steps: Steps) -> str | None:
        node = node.node if isinstance(node, Alias) else node
        if not isinstance(node, Scalar):
            self._flaw(node, steps, *_STRUCTURE_AS_KEY)
            return None
        if node.plain and node.tag.endswith(":merge"):
            return None
        if not node.text:
            self._flaw(node, steps, "a key is empty.", "Write a name before the colon.")
            return None
        if node.plain and scalars.tag_of(node) in ("int", "float"):
            remedy = f"Put it in quotes: {quoted(node.text)}."
            self._flaw(node, (*steps, node.text), "is a number to YAML.", remedy, spoils=False)
        return node.text

    def _scalar(self, node: Scalar, steps: Steps) -> Any:
        if not scalars.is_readable(node):
            self._refuse_tag(node, node.tag, steps)
            return ""
        if "\0" in node.text or any("\ud800" <= char <= "\udfff" for char in node.text):
            self._flaw(node, steps, "holds a character that no text may hold (NUL or half a pair).", "Remove it.")
            return ""
        value = scalars.value_of(node)
        if not isinstance(value, str):
            self.texts[steps] = node.text
        return value

    def _refuse_tag(self, node: Node, tag: str | None, steps: Steps) -> None:
        if tag not in _STRUCTURE_TAGS:
            self._flaw(node, steps, "has a YAML tag (!), and tags are not read here.", "Put the value in quotes.")

    def _doubled(self, node: Node, steps: Steps) -> None:
        first = self.key_places[steps]
        message = f"stands here twice, first in line {first.line}."
        self._flaw(node, steps, message, "Remove one, or join the two.", spoils=False)

    def _count(self, node: Node, steps: Steps, *, through_alias: bool) -> None:
        self._repeated += through_alias
        if self._repeated > ALIAS_LIMIT or len(steps) > DEPTH_LIMIT:
            raise NotYamlError(node.line, node.column, *_TOO_LARGE)

    def _flaw(self, node: Node, steps: Steps, message: str, remedy: str, *, spoils: bool = True) -> None:
        self.flaws.append(Flaw(steps, self._place(node), message, remedy, spoils=spoils))

    def _place(self, node: Node) -> Place:
        return Place(self._file, node.line, node.column)


def _merged(node: Pairs) -> list[Node]:
    """Return what the `<<` keys of a mapping take in."""
    found: list[Node] = []
    for key, value in node.pairs:
        if isinstance(key, Scalar) and key.plain and key.tag.endswith(":merge"):
            value = value.node if isinstance(value, Alias) else value
            nodes = value.nodes if isinstance(value, Items) else (value,)
            found += [n.node if isinstance(n, Alias) else n for n in nodes]
    return found


_STRUCTURE_TAGS = (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")

_STRUCTURE_AS_KEY = (
    "a mapping or list stands where a key belongs.",
    'A template has to stand in quotes: "{{ receipt }}".',
)

_TOO_LARGE = (
    f"aliases (*) repeat more than {ALIAS_LIMIT:,} values, or nest deeper than {DEPTH_LIMIT} levels.",
    "Write the values out.",
)
