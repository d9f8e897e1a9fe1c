"""What a JSON Schema keyword found -> a sentence and the edit that mends it. One row a keyword.

Annotations in the schemas speak here: `x-must` ("a duration such as 5s, 1m, 2h or 7d") says what is wanted in words,
`x-missing` what to do where a key is missing, `x-unknown` has the two sentences for each key that people may well
write although it is not known, and `x-quiet` marks a value that no message may show.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from gateway.settings.document import Document
from gateway.settings.nearest import did_you_mean, listed, nearest
from gateway.settings.places import Steps, quoted


@dataclass(frozen=True, slots=True)
class Fault:
    """One JSON Schema keyword that a value does not meet."""

    document: Document
    # Of the value in the document.
    steps: Steps
    keyword: str
    # What the keyword says, e.g. the list of an enum.
    wanted: Any
    value: Any
    # The schema that holds the keyword.
    schema: dict[str, Any]
    # The value is a mapping's key.
    of_key: bool = False
    # Keys that are known here although the schema does not have them.
    known_beside: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The value as a message may show it."""
        return quoted(str(self.value)) if self.of_key else self.document.shown(self.steps, self.value)

    @property
    def quiet(self) -> bool:
        """Tell whether the value may be a secret."""
        return "x-quiet" in self.schema or "x-secret" in self.schema


@dataclass(frozen=True, slots=True)
class Sentence:
    """A finished message; `at` says where its place is: at the value, at its key, or where the key should be."""

    steps: Steps
    message: str
    remedy: str = ""
    at: Literal["value", "key", "missing"] = "value"


def sentences(fault: Fault) -> Iterable[Sentence]:
    """Return what to tell about a fault: one sentence, or one for each key that is unknown or missing."""
    return _ROWS.get(fault.keyword, _unlisted)(fault)


def _one(fault: Fault, message: str, remedy: str = "") -> Iterator[Sentence]:
    yield Sentence(fault.steps, message, remedy, "key" if fault.of_key else "value")


def _unknown_keys(fault: Fault) -> Iterator[Sentence]:
    known = [*fault.schema.get("properties", {}), *fault.known_beside]
    patterns = fault.schema.get("patternProperties", {})
    for key in fault.value:
        if key in known or any(re.search(pattern, key) for pattern in patterns):
            continue
        special = fault.schema.get("x-unknown", {}).get(key)
        message, remedy = special or ("unknown key.", did_you_mean(key, known, "keys"))
        yield Sentence((*fault.steps, key), message, remedy, "key")


def _missing_keys(fault: Fault) -> Iterator[Sentence]:
    for key in fault.wanted:
        if key not in fault.value and not _is_misspelt(key, fault):
            described = fault.schema.get("properties", {}).get(key, {})
            remedy = described.get("x-missing") or _example(key, described)
            yield Sentence((*fault.steps, key), "is missing.", remedy, "missing")


def _is_misspelt(key: str, fault: Fault) -> bool:
    """Tell whether the missing key stands there under a name that is unknown: one mistake, one message."""
    if fault.schema.get("additionalProperties") is not False:
        return False
    known = fault.schema.get("properties", {})
    return any(nearest(other, known) == key for other in fault.value if other not in known)


def _example(key: str, described: dict[str, Any]) -> str:
    examples = [text for text in described.get("examples", []) if isinstance(text, str | int)]
    return f"Add it, e.g. {key}: {examples[0]}" if examples else "Add it."


def _type(fault: Fault) -> Iterator[Sentence]:
    wanted: list[str] = fault.wanted if isinstance(fault.wanted, list) else [fault.wanted]
    must = fault.schema.get("x-must") or listed([_TYPES.get(name, str(name)) for name in wanted], "or")
    return _one(fault, f"must be {must}{_but(fault)}.", _other_quotes(fault, wanted))


def _but(fault: Fault) -> str:
    """Return what stands there instead, if it is not a text: that might be a secret in the wrong place."""
    if fault.value is None:
        return ", and nothing stands here"
    return "" if isinstance(fault.value, str) or fault.quiet else f", not {fault.shown}"


def _other_quotes(fault: Fault, wanted: list[str]) -> str:
    """Return the advice to add quotes or to leave them out, where that is all that is wrong."""
    if isinstance(fault.value, str):
        if "array" in wanted:
            return "Put it in brackets: [ ... ]."
        is_all = any(re.fullmatch(_WRITTEN[name], fault.value) for name in wanted if name in _WRITTEN)
        return "Write it without quotes." if is_all and fault.steps not in fault.document.texts else ""
    if "string" not in wanted or not isinstance(fault.value, bool | int | float):
        return ""
    if fault.quiet:
        return "Put it in quotes."
    if not re.search(fault.schema.get("pattern", ""), fault.shown):
        return ""
    kind = "true or false" if isinstance(fault.value, bool) else "a number"
    return f"Put it in quotes ({quoted(fault.shown)}): without them it is {kind} to YAML."


def _enum(fault: Fault) -> Iterator[Sentence]:
    names = [str(name) for name in fault.wanted]
    near = nearest(str(fault.value), names) if isinstance(fault.value, str) else None
    remedy = f"Did you mean {near}?" if near else ""
    return _one(fault, f"must be {_must(fault) or listed(names, 'or')}{_not(fault)}.", remedy)


def _const(fault: Fault) -> Iterator[Sentence]:
    return _one(fault, f"must be {_must(fault) or quoted(str(fault.wanted))}{_not(fault)}.")


def _words(fault: Fault) -> Iterator[Sentence]:
    examples = fault.schema.get("examples")
    like = f"written like {examples[0]}" if isinstance(examples, list) and examples else "written differently"
    return _one(fault, f"must be {_must(fault) or like}{_not(fault)}.")


def _never(fault: Fault) -> Iterator[Sentence]:
    if fault.wanted == {}:
        return iter([Sentence(fault.steps, _NOT_HERE, "Remove it.", "key")])
    return _words(fault)


def _must(fault: Fault) -> str | None:
    found: str | None = fault.schema.get("x-must")
    return found


def _not(fault: Fault) -> str:
    return "" if fault.quiet else f", not {fault.shown}"


def _forms(fault: Fault) -> Iterator[Sentence]:
    branches = [branch for branch in fault.wanted if isinstance(branch, dict)]
    known = {key for branch in branches for key in branch.get("properties", {})}
    unknown = [key for key in fault.value if key not in known] if isinstance(fault.value, dict) else []
    if unknown and known and not fault.quiet:
        for key in unknown:
            yield Sentence((*fault.steps, key), "unknown key.", did_you_mean(key, sorted(known), "keys"), "key")
        return
    names = [listed(branch["required"]) for branch in branches if branch.get("required")]
    forms = f"a mapping with {listed(names, 'or with')}" if names else "in one of the accepted forms"
    spelled = [name for branch in branches for name in branch.get("enum", ()) if isinstance(name, str)]
    near = nearest(fault.value, spelled) if isinstance(fault.value, str) else None
    instead = _not(fault) if _must(fault) and fault.value is not None else _but(fault)
    if isinstance(fault.value, dict):
        instead = ""
    yield from _one(fault, f"must be {_must(fault) or forms}{instead}.", _advice(fault, branches, near))


def _advice(fault: Fault, branches: list[dict[str, Any]], near: str | None) -> str:
    is_number = isinstance(fault.value, bool | int | float)
    if is_number and any(branch.get("type") == "string" and "pattern" not in branch for branch in branches):
        return "Put it in quotes."
    return f"Did you mean {near}?" if near else ""


def _bound(words: str) -> Callable[[Fault], Iterator[Sentence]]:
    return lambda fault: _one(fault, f"must be {_must(fault) or words.format(fault.wanted)}{_not(fault)}.")


def _count(words: str, one: str) -> Callable[[Fault], Iterator[Sentence]]:
    return lambda fault: _one(fault, f"must {one if fault.wanted == 1 else words.format(fault.wanted)}{_of(fault)}.")


def _of(fault: Fault) -> str:
    names = list(fault.schema.get("properties", {}))
    return f": {listed(names, 'or')}" if fault.keyword in ("minProperties", "maxProperties") and names else ""


def _unlisted(fault: Fault) -> Iterator[Sentence]:
    must = _must(fault)
    return _one(fault, f"must be {must}." if must else f"does not meet the schema ({fault.keyword}).")


_TYPES = {
    "string": "text",
    "array": "a list",
    "object": "a mapping (key: value)",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}

# What the text of a value looks like that only lacks its quotes, or has them for nothing.
_WRITTEN = {"integer": r"-?[0-9]+", "number": r"-?[0-9]+(\.[0-9]+)?", "boolean": "true|false"}

_NOT_HERE = "cannot stand here together with what stands beside it."

_ROWS: dict[str, Callable[[Fault], Iterable[Sentence]]] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _words,
    "format": _words,
    "not": _never,
    "anyOf": _forms,
    "oneOf": _forms,
    "minimum": _bound("at least {}"),
    "maximum": _bound("at most {}"),
    "exclusiveMinimum": _bound("more than {}"),
    "exclusiveMaximum": _bound("less than {}"),
    "minLength": _count("have at least {} characters", "not be empty"),
    "maxLength": _count("have at most {} characters", "be one character"),
    "minItems": _count("hold at least {} items", "not be empty"),
    "maxItems": _count("hold at most {} items", "hold only one item"),
    "uniqueItems": lambda fault: _one(fault, "names something twice.", "Remove one."),
    "minProperties": _count("hold at least {} keys", "hold at least one key"),
    "maxProperties": _count("hold at most {} keys", "hold only one key"),
}
