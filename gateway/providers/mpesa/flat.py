"""Bodies without lists or an envelope: the pivoted body is the body as it came."""

from typing import Any

from gateway.providers.kind import NewShape, Path, json_path


def pivot(document: Any) -> dict[str, Any]:
    """Return the body as it is."""
    if not isinstance(document, dict):
        raise NewShape("$", "must be an object")
    return document


def wire_path(_document: Any, path: Path) -> str:
    """Return a path of the body as JSON path text."""
    return json_path(path)
