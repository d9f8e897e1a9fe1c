"""The adapters as the composition root tells of them, with their schemas made ready."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from jsonschema.validators import validator_for

from gateway.settings.markers import expanded, followed


class FaultySchemaError(Exception):
    """An adapter's settings schema cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the settings must know of the rest of the gateway, told by the composition root."""

    # Callback kinds, as they stand in hook URLs.
    kinds: tuple[str, ...]
    # Names of the adapters that can be configured.
    adapters: tuple[str, ...]
    # Name of an adapter -> JSON Schema of its own settings; None: it takes whatever stands there, as it stands.
    adapter_schema: Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Adapters:
    """Validators of the adapters' settings, each made once."""

    known: Known
    _made: dict[str, Any] = field(default_factory=dict)

    def validator(self, adapter: str) -> Any:
        """Return the validator of an adapter's own settings.

        Raises FaultySchemaError where the adapter's schema cannot be used: that is a fault of the adapter.
        """
        if adapter not in self._made:
            self._made[adapter] = _validator(self.known.adapter_schema(adapter))
        return self._made[adapter]


def _validator(schema: Mapping[str, Any] | None) -> Any:
    ready = {} if schema is None else expanded(schema)
    kind = validator_for(ready, default=Draft202012Validator)
    try:
        kind.check_schema(ready)
        check_inside(ready, ready)
    except SchemaError as error:
        raise FaultySchemaError(error.message[:200]) from None
    return kind(ready)


def check_inside(schema: Any, root: Mapping[str, Any]) -> None:
    """Refuse what a validator would stumble over only when it comes by: references to nothing, broken patterns."""
    if isinstance(schema, list):
        for inner in schema:
            check_inside(inner, root)
    if not isinstance(schema, Mapping):
        return
    for key, inner in schema.items():
        if key == "$ref" and isinstance(inner, str) and not _leads_somewhere(inner, root):
            raise FaultySchemaError(f"{inner} leads nowhere inside it")
        if key == "pattern" and isinstance(inner, str) and not _is_pattern(inner):
            raise FaultySchemaError(f"{inner} is no regular expression")
        check_inside(inner, root)


def _leads_somewhere(reference: str, root: Mapping[str, Any]) -> bool:
    try:
        return "$ref" not in followed({"$ref": reference}, root)
    except (LookupError, TypeError):
        return False


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True
