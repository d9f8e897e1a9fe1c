"""Kinds and hooks of a configuration, those that it describes itself included."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway import resources
from gateway.domain.settings import Settings

if TYPE_CHECKING:
    from gateway.domain.references import LookUp
    from gateway.pipeline.hooks import Hooks
    from gateway.providers.kind import Kind


def compile_hooks(settings: Settings, look_up: "LookUp") -> "Hooks":
    """Return the table of all hooks; `look_up` gives the lists of references that validation rules speak of."""
    from gateway.pipeline.hooks import compile_hooks as compile_table
    from gateway.providers.declarative import SCHEMAS

    declared = {SCHEMAS + name: each.schema for name, each in settings.providers.items()}

    def schema(name: str) -> Mapping[str, Any]:
        return declared[name] if name in declared else resources.schema(name)

    return compile_table(settings, kinds_of(settings), schema, look_up)


def kinds_of(settings: Settings) -> "Mapping[str, Kind]":
    """Return every kind by its name: those that are built in, and those that the configuration describes."""
    from gateway.providers import KINDS
    from gateway.providers.declarative import kind_of

    return {**KINDS, **{name: kind_of(declared) for name, declared in settings.providers.items()}}


def kinds() -> tuple[str, ...]:
    """Return the names of the kinds of callback that are built in."""
    from gateway.providers import KINDS

    return tuple(KINDS)
