"""Adapter names to adapters: a table of our own, then the entry points `pesagate.adapters` of other packages."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from gateway import resources
from gateway.domain.adapter import Adapter, AdapterFactory
from gateway.domain.errors import PesagateError
from gateway.domain.settings import Destination

BUILT_IN: Mapping[str, str] = {
    "http": "adapters.http:http_adapter",
    "database": "adapters.database:DatabaseAdapter",
    "export": "adapters.export:ExportAdapter",
}
"""Name -> "module:factory". The settings schema of each is schemas/adapters/<name>.json."""

_GROUP = "pesagate.adapters"


def names() -> tuple[str, ...]:
    """Return the names of all adapters that are installed, ours first."""
    return (*BUILT_IN, *sorted(entry.name for entry in entry_points(group=_GROUP) if entry.name not in BUILT_IN))


def schema_of(name: str) -> Mapping[str, Any] | None:
    """Return the JSON Schema of an adapter's settings without importing ours; None for an unknown adapter.

    A plug-in's class gives its schema as the attribute `SETTINGS_SCHEMA`.
    """
    if name in BUILT_IN:
        return resources.schema(f"adapters/{name}")
    factory = _plug_in(name)
    if factory is None:
        return None
    schema: Mapping[str, Any] | None = getattr(factory, "SETTINGS_SCHEMA", None)
    if schema is None:
        raise PesagateError(f"The adapter {name!r} has no SETTINGS_SCHEMA: its package must be mended.")
    return schema


def make(destination: Destination) -> Adapter:
    """Return the adapter of a destination. Raises PesagateError where there is none of that name."""
    if destination.adapter in BUILT_IN:
        module, _, attribute = BUILT_IN[destination.adapter].partition(":")
        factory: AdapterFactory | None = getattr(import_module(module), attribute)
    else:
        factory = _plug_in(destination.adapter)
    if factory is None:
        raise PesagateError(f"No adapter is called {destination.adapter!r}; there are: {', '.join(names())}.")
    return factory(destination)


def _plug_in(name: str) -> AdapterFactory | None:
    for entry in entry_points(group=_GROUP):
        if entry.name == name:
            factory: AdapterFactory = entry.load()
            return factory
    return None
