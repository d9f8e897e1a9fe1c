"""Changes to a JSON body that leave it JSON: bytes changed at random are soon nothing that anybody would read on."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 7.5, 0.1, 10.005, 1e22, 10**30, "", " ", "0", "0 ", "1", "-1", "1,000", "1e3", "10.00",
    "1500.5", "\x00", "٣", "é", "*", "2547 ***** 126", "254700000000", "f" * 64, "600638", "600639", "20261124101531",
    "20261324101531", "24.11.2026 11:45:50", "2026-11-24", "0000000000", "NLJ0000000", "Completed", "Pay Bill", "KES",
    "x" * 129, "a|b|c", "{Amount={CurrencyCode=KES, MinimumAmount=618683, BasicAmount=6186.83}}", [], {}, [[]], [None],
    {"": ""}, {"Key": "Amount", "Value": 1}, {"Name": "Amount", "Value": "1"},
)  # fmt: skip

Place = tuple[Any, Any]
"""A list or an object, and the index or key in it."""


def places(document: Any) -> Iterator[Place]:
    """Yield every place of a document."""
    children = (
        document.items() if isinstance(document, dict) else enumerate(document if isinstance(document, list) else ())
    )
    for key, value in list(children):
        yield document, key
        yield from places(value)


def changed(body: bytes, seed: int) -> bytes | None:
    """Return a JSON body with one to three places changed, mostly one; None where it is not one that could be."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    random = Random(seed)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        found = list(places(document))
        if not found:
            return None
        random.choice(_CHANGES)(random, found, *random.choice(found))
    separators = random.choice([(",", ":"), (", ", ": ")])
    return json.dumps(document, ensure_ascii=random.random() < 0.5, separators=separators).encode("utf-8", "replace")


def _drop(_random: Random, _found: list[Place], holder: Any, key: Any) -> None:
    del holder[key]


def _replace(random: Random, _found: list[Place], holder: Any, key: Any) -> None:
    # A copy: the same list in two places, or within itself, would change in both.
    holder[key] = json.loads(json.dumps(random.choice(ODD)))


def _move(random: Random, found: list[Place], holder: Any, key: Any) -> None:
    other, place = random.choice(found)
    holder[key] = json.loads(json.dumps(other[place]))


def _twice(random: Random, _found: list[Place], holder: Any, key: Any) -> None:
    again = json.loads(json.dumps(holder[key]))
    if isinstance(holder, list):
        holder.insert(random.randrange(len(holder) + 1), again)
    else:
        holder[random.choice((f"{key} ", str(key).lower(), "Extra"))] = again


def _wrap(_random: Random, _found: list[Place], holder: Any, key: Any) -> None:
    holder[key] = [holder[key]]


def _unwrap(_random: Random, _found: list[Place], holder: Any, key: Any) -> None:
    if isinstance(holder[key], list) and holder[key]:
        holder[key] = holder[key][0]


def _as_text(_random: Random, _found: list[Place], holder: Any, key: Any) -> None:
    value = holder[key]
    holder[key] = json.dumps(value) if not isinstance(value, str) else value.swapcase()


_CHANGES: tuple[Callable[[Random, list[Place], Any, Any], None], ...] = (
    _drop, _replace, _replace, _move, _twice, _wrap, _unwrap, _as_text,
)  # fmt: skip
