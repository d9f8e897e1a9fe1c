"""`ResultParameters` and `ReferenceData`: pairs of Key and Value, as a list or as one object, made a mapping by key."""

from collections.abc import Iterator
from typing import Any

from gateway.providers.kind import NewShape, Path, json_path


def pivot(entries: Any, at: Path) -> dict[str, Any]:
    """Return {key: value} of a list of pairs, of a single pair, or of nothing.

    A pair without Value gives None. A key that comes again (Daraja's status sample has `DebitPartyName` for both
    sides) becomes `Key#2`, `Key#3`: none is lost. `at` is the place of the pairs in the body.
    """
    if entries is None:
        return {}
    pivoted: dict[str, Any] = {}
    last: dict[str, int] = {}
    for index, pair in enumerate(entries if isinstance(entries, list) else [entries]):
        key = pair.get("Key") if isinstance(pair, dict) else None
        if not isinstance(key, str):
            place = (index,) if isinstance(entries, list) else ()
            raise NewShape(json_path((*at, *place)), "must be a pair with a Key")
        pivoted[key if key not in pivoted else _free(pivoted, last, key)] = pair.get("Value")
    return pivoted


def place_of(entries: Any, key: str) -> Path | None:
    """Return the steps from the pairs to the one of that pivoted key, None where there is none."""
    seen: dict[str, Any] = {}
    last: dict[str, int] = {}
    for place, pair in _places(entries):
        name = _free(seen, last, pair["Key"])
        if name == key:
            return place
        seen[name] = None
    return None


def _places(entries: Any) -> Iterator[tuple[Path, Any]]:
    if entries is None:
        return
    if isinstance(entries, list):
        yield from (((index,), pair) for index, pair in enumerate(entries))
        return
    yield (), entries


def _free(taken: dict[str, Any], last: dict[str, int], key: str) -> str:
    """Return the key, or `Key#2`, `Key#3` where it has come before.

    `last` remembers the number of each: to count from 2 every time took seconds for one body of 64 KiB.
    """
    if key not in taken:
        return key
    number = last.get(key, 1) + 1
    while f"{key}#{number}" in taken:
        number += 1
    last[key] = number
    return f"{key}#{number}"
