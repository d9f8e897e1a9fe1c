"""The configuration as it is in force: every value, defaults and recipes included, with where it comes from.

Secrets are shown as they are referred to, never resolved: {env: NAME} stays {env: NAME}, a text in their place is ***.
What came from ${NAME} is shown as written, since a variable may hold a secret anywhere.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from gateway import resources
from gateway.settings.adapters import Adapters, Known
from gateway.settings.destinations import COMMON_KEYS
from gateway.settings.document import Document
from gateway.settings.loading import read_whole
from gateway.settings.markers import SECRET, followed, marked
from gateway.settings.places import Place, Steps

MASK = "***"

_PASSWORD = re.compile(r"(://[^/@\s:]*):[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Entry:
    """One value. `place` is None where it is a default."""

    steps: Steps
    value: Any
    place: Place | None


def effective(path: Path, known: Known, environ: Mapping[str, str]) -> tuple[Entry, ...]:
    """Return every value of a configuration that `load` finds no error in, in the order of the file."""
    document = read_whole(path, environ).document
    return tuple(_Walk(document, Adapters(known)).entries())


class _Walk:
    def __init__(self, document: Document, adapters: Adapters) -> None:
        self._document = document
        self._adapters = adapters
        self._schema = resources.schema("config.schema")
        validator = Draft202012Validator(self._schema)
        self._secrets = {steps for steps, mark, _ in marked(validator, document.value) if mark == SECRET}
        self._secrets |= {steps for steps, _ in self._destination_secrets()}

    def entries(self) -> Iterator[Entry]:
        yield from self._inside(self._document.value, self._schema, (), {"server": {}, "store": {}})

    def _inside(
        self, value: Any, schema: Any, steps: Steps, absent: Mapping[str, Any] | None = None
    ) -> Iterator[Entry]:
        schema = self._of(schema, steps)
        if steps in self._secrets or not isinstance(value, dict | list) or not value:
            yield Entry(steps, self._shown(value, steps), self._document.place(steps))
        elif isinstance(value, list):
            inner = schema.get("items", {}) if isinstance(schema, Mapping) else {}
            for index, item in enumerate(value):
                yield from self._inside(item, inner, (*steps, index))
        else:
            missing = {key: inner for key, inner in (absent or {}).items() if key not in value}
            yield from self._mapping({**value, **missing}, schema, steps)

    def _mapping(self, value: Mapping[str, Any], schema: Mapping[str, Any], steps: Steps) -> Iterator[Entry]:
        named, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        for key, inner in value.items():
            inside = (*steps, key)
            defaults = (
                list(self._defaults({}, self._of(named[key], inside), inside)) if inner == {} and key in named else []
            )
            yield from defaults or self._inside(inner, named.get(key, others), inside)
        yield from self._defaults(value, schema, steps)

    def _defaults(self, value: Mapping[str, Any], schema: Mapping[str, Any], steps: Steps) -> Iterator[Entry]:
        for key, about in schema.get("properties", {}).items():
            inner = self._of(about, (*steps, key))
            if key not in value and isinstance(inner, Mapping) and "default" in inner:
                yield Entry((*steps, key), inner["default"], None)

    def _of(self, schema: Any, steps: Steps) -> Mapping[str, Any]:
        """Return the schema of a place: a destination's own keys are those of its adapter."""
        beside = {key: inner for key, inner in schema.items() if key != "$ref"} if isinstance(schema, Mapping) else {}
        found = {**followed(schema, self._root(steps)), **beside} if isinstance(schema, Mapping) else {}
        if not _is_destination(steps):
            return found
        own = self._adapter_schema(steps)
        return {**found, "properties": {**own.get("properties", {}), **found.get("properties", {})}}

    def _root(self, steps: Steps) -> Mapping[str, Any]:
        """Return the schema that references at a place lead into: inside a destination that of its adapter."""
        if _is_destination(steps[:4]) and steps[4:5] and steps[4] not in COMMON_KEYS:
            return self._adapter_schema(steps[:4])
        return self._schema

    def _adapter_schema(self, steps: Steps) -> Mapping[str, Any]:
        adapter = self._document.at((*steps, "adapter"))
        schema: Mapping[str, Any] = self._adapters.validator(adapter).schema
        return schema

    def _destination_secrets(self) -> Iterator[tuple[Steps, str]]:
        for tenant, body in (self._document.at(("tenants",)) or {}).items():
            for name, entry in (body.get("destinations") or {}).items():
                steps: Steps = ("tenants", tenant, "destinations", name)
                own = {key: inner for key, inner in entry.items() if key not in COMMON_KEYS}
                validator = self._adapters.validator(entry["adapter"])
                yield from ((place, mark) for place, mark, _ in marked(validator, own, steps) if mark == SECRET)

    def _shown(self, value: Any, steps: Steps) -> Any:
        written = self._document.texts.get(steps)
        if steps in self._secrets:
            return value if isinstance(value, dict) else _secret_text(written if written is not None else value, steps)
        if isinstance(value, str):
            return _PASSWORD.sub(r"\1:***@", written if written is not None else value)
        return value


def _secret_text(text: Any, steps: Steps) -> str:
    """Return a secret text as it may be shown: a variable's name, the place of a database, else the mask."""
    if isinstance(text, str) and re.fullmatch(r"\$\{[^}]*\}", text):
        return text
    # The store's URL is a secret for its password's sake only.
    if steps[-1:] == ("url",) and isinstance(text, str):
        return _PASSWORD.sub(r"\1:***@", text)
    return MASK


def _is_destination(steps: Steps) -> bool:
    return len(steps) == 4 and steps[0] == "tenants" and steps[2] == "destinations"
