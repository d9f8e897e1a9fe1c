"""Bodies of requests: the event, a callback's own bytes, a JSON tree, a form, a text, or none."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from adapters.http.leaf import Leaf, names_in, rendered, shown
from gateway.domain.event import Event
from gateway.expressions.filters import xml as xml_text
from gateway.expressions.json_text import json_text
from gateway.expressions.pieces import Piece, Pieces
from gateway.expressions.templates import CannotRender


class RawGoneError(Exception):
    """The callback's bytes are no longer kept, so they cannot be sent."""


class Body(Protocol):
    """What is sent, made anew for each attempt."""

    @property
    def names(self) -> frozenset[str]:
        """What it takes from event and saved values."""
        ...

    def render(self, event: Event, values: Mapping[str, Any]) -> tuple[bytes | None, str]:
        """Return bytes and Content-Type, None where the request has no body. Raises CannotRender or RawGoneError."""
        ...

    def shown(self, event: Event, values: Mapping[str, Any], unknown: Collection[str]) -> str:
        """Return the body for people."""
        ...


@dataclass(frozen=True, slots=True)
class NoBody:
    """Nothing."""

    names: frozenset[str] = frozenset()

    def render(self, _event: Event, _values: Mapping[str, Any]) -> tuple[bytes | None, str]:
        """Return none."""
        return None, ""

    def shown(self, _event: Event, _values: Mapping[str, Any], _unknown: Collection[str]) -> str:
        """Return none."""
        return ""


@dataclass(frozen=True, slots=True)
class EventBody:
    """The event itself, as JSON."""

    include: frozenset[str]
    enveloped: bool
    names: frozenset[str] = frozenset()

    def render(self, event: Event, _values: Mapping[str, Any]) -> tuple[bytes | None, str]:
        """Return the event's JSON."""
        # ASCII with escapes: right whatever charset a receiver assumes, and half a surrogate pair cannot fail.
        return json.dumps(self.document(event), separators=(",", ":")).encode("ascii"), "application/json"

    def shown(self, event: Event, _values: Mapping[str, Any], _unknown: Collection[str]) -> str:
        """Return the event's JSON, set out."""
        return json.dumps(self.document(event), indent=2, ensure_ascii=False)

    def document(self, event: Event) -> dict[str, Any]:
        """Return the event as this destination wants it."""
        data = event.as_dict(self.include)
        if not self.enveloped:
            return data
        return {"type": event.type, "timestamp": data["occurred_at"] or data["received_at"], "data": data}


@dataclass(frozen=True, slots=True)
class RawBody:
    """The bytes of the event's first source as they came, with their own Content-Type."""

    names: frozenset[str] = frozenset()

    def render(self, event: Event, _values: Mapping[str, Any]) -> tuple[bytes | None, str]:
        """Return the bytes. Raises RawGoneError where they are gone."""
        if event.raw is None:
            raise RawGoneError
        return event.raw.body, event.raw.content_type

    def shown(self, event: Event, values: Mapping[str, Any], _unknown: Collection[str]) -> str:
        """Return the bytes as text."""
        return (self.render(event, values)[0] or b"").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A JSON tree whose leaves are templates."""

    tree: Any
    content_type: str

    @property
    def names(self) -> frozenset[str]:
        """What its leaves take."""
        return names_in(self.tree)

    def render(self, _event: Event, values: Mapping[str, Any]) -> tuple[bytes | None, str]:
        """Return compact JSON; numbers stand digit by digit as they were made."""
        return self.of(values)

    def of(self, values: Mapping[str, Any]) -> tuple[bytes, str]:
        """Return the same of values alone, for a request that is about no event."""
        try:
            text = json_text(rendered(self.tree, values))
        except (TypeError, ValueError) as error:
            if isinstance(error, CannotRender):
                raise
            raise CannotRender("`body` holds a value that JSON has no form for") from None
        # Half a surrogate pair has no bytes.
        return text.encode("utf-8", "replace"), self.content_type

    def shown(self, _event: Event, values: Mapping[str, Any], unknown: Collection[str]) -> str:
        """Return the tree, set out."""
        return _set_out(shown(self.tree, values, unknown), "")


def _set_out(tree: Any, margin: str) -> str:
    """Return JSON on many lines. The library's own would make floats of exact numbers."""
    inner = f"{margin}  "
    if isinstance(tree, Mapping) and tree:
        lines = [f"{inner}{json_text(str(key))}: {_set_out(value, inner)}" for key, value in tree.items()]
        return "{\n" + ",\n".join(lines) + f"\n{margin}}}"
    if isinstance(tree, list | tuple) and tree:
        lines = [f"{inner}{_set_out(value, inner)}" for value in tree]
        return "[\n" + ",\n".join(lines) + f"\n{margin}]"
    return json_text(tree)


@dataclass(frozen=True, slots=True)
class FormBody:
    """Fields as an HTML form sends them; null leaves a field out, a list repeats it."""

    fields: Sequence[tuple[str, Leaf]]
    content_type: str

    @property
    def names(self) -> frozenset[str]:
        """What its fields take."""
        return frozenset().union(*(leaf.names for _, leaf in self.fields))

    def render(self, _event: Event, values: Mapping[str, Any]) -> tuple[bytes | None, str]:
        """Return the encoded fields."""
        pairs = [(name, text) for name, leaf in self.fields for text in leaf.texts(values)]
        return urlencode(pairs, errors="replace").encode("ascii"), self.content_type

    def shown(self, _event: Event, values: Mapping[str, Any], unknown: Collection[str]) -> str:
        """Return a line for each field."""
        return "\n".join(f"{name}={text}" for name, text in self._shown(values, unknown))

    def _shown(self, values: Mapping[str, Any], unknown: Collection[str]) -> Iterator[tuple[str, str]]:
        for name, leaf in self.fields:
            if leaf.names & set(unknown):
                yield name, leaf.pieces.shown(values, unknown)
            else:
                yield from ((name, text) for text in leaf.texts(values))


@dataclass(frozen=True, slots=True)
class TextBody:
    """A text of any kind. In XML every value is escaped, unless its expression ends with the filter `xml` already."""

    pieces: Pieces
    content_type: str
    is_xml: bool

    @property
    def names(self) -> frozenset[str]:
        """What it takes."""
        return self.pieces.names

    def render(self, _event: Event, values: Mapping[str, Any]) -> tuple[bytes | None, str]:
        """Return the text in UTF-8."""
        return self.pieces.render(values, self._escape).encode("utf-8", "replace"), self.content_type

    def shown(self, _event: Event, values: Mapping[str, Any], unknown: Collection[str]) -> str:
        """Return the text."""
        return self.pieces.shown(values, unknown, self._escape)

    def _escape(self, text: str, piece: Piece) -> str:
        return str(xml_text(text)) if self.is_xml and piece.filtered != "xml" else text
