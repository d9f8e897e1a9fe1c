"""The schema of test files tells every key, so that an editor can."""

from collections.abc import Iterator
from typing import Any

from gateway import resources


def keys(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield f"{path}.{name}", inner
            yield from keys(inner, f"{path}.{name}")
        for name, inner in schema.get("$defs", {}).items():
            yield f"{path}#{name}", inner
            yield from keys(inner, f"{path}#{name}")


def test_every_key_has_a_description_and_an_example() -> None:
    found = dict(keys(resources.schema("test.schema")))
    assert len(found) > 30
    referring = [inner for inner in found.values() if "$ref" in inner]
    told = {path: inner for path, inner in found.items() if inner not in referring}
    assert [path for path, inner in told.items() if "description" not in inner or not inner.get("examples")] == []
