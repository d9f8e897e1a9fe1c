"""Lists of names and values (`Item[]`), turned into a mapping by name: their order carries no meaning."""

from typing import Any

from gateway.providers.kind import NewShape, Path, json_path


def pivot(items: Any, at: Path) -> dict[str, Any]:
    """Return {name: value} of a list of {"Name": ..., "Value": ...}.

    An item without Value gives None (production sends Balance so). A name that comes twice with two values raises
    NewShape, as does an item of any other form; `at` is the list's place in the body.
    """
    if not isinstance(items, list):
        raise NewShape(json_path(at), "must be a list of items with Name and Value")
    pivoted: dict[str, Any] = {}
    for index, item in enumerate(items):
        if not isinstance(item, dict) or not isinstance(item.get("Name"), str):
            raise NewShape(json_path((*at, index)), "must be an item with a Name")
        name, value = item["Name"], item.get("Value")
        if name in pivoted and pivoted[name] != value:
            raise NewShape(json_path((*at, index)), "has the name of one before it and another value")
        pivoted[name] = value
    return pivoted


def position(items: Any, name: str) -> int | None:
    """Return the place of the item of that name in its list, None where there is none."""
    if not isinstance(items, list):
        return None
    places = (index for index, item in enumerate(items) if isinstance(item, dict) and item.get("Name") == name)
    return next(places, None)
