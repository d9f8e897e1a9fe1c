"""What came beside what was expected -> the differences, each at its path. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.expressions.globs import any_of

ABSENT = "nothing"
"""Stands for a value that is not there."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not as expected; both as a person reads them."""

    path: str
    wanted: str
    got: str


def differences(expect: Mapping[str, Any], came: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return where `came` is not what `expect` says of it.

    A mapping names the members that count, a list has to be complete; in texts * and ? stand for anything.
    """
    return tuple(
        found for key, wanted in expect.items() for found in _ROWS.get(key, _compared)(key, wanted, came.get(key))
    )


def _compared(path: str, wanted: Any, got: Any) -> Iterator[Difference]:
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        for key, inner in wanted.items():
            if key in got:
                yield from _compared(f"{path}.{key}", inner, got[key])
            elif inner is not None:
                yield Difference(f"{path}.{key}", _shown(inner), ABSENT)
    elif isinstance(wanted, list) and isinstance(got, Sequence) and not isinstance(got, str):
        yield from _items(path, wanted, got)
    elif not _alike(wanted, got):
        yield Difference(path, _shown(wanted), _shown(got))


def _items(path: str, wanted: Sequence[Any], got: Sequence[Any]) -> Iterator[Difference]:
    for number in range(max(len(wanted), len(got))):
        inside = f"{path}[{number}]"
        if number >= len(got):
            yield Difference(inside, _shown(wanted[number]), ABSENT)
        elif number >= len(wanted):
            yield Difference(inside, ABSENT, _shown(got[number]))
        else:
            yield from _compared(inside, wanted[number], got[number])


def _alike(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, str) and isinstance(got, str):
        return wanted == got or any_of([wanted.strip()])(got.strip())
    # To Python true is 1.
    return bool(wanted == got) and isinstance(wanted, bool) == isinstance(got, bool)


def _requests(path: str, wanted: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[Difference]:
    for name, inner in wanted.items():
        sent = got.get(name, [])
        yield from _compared(f"{path}.{name}", inner, len(sent) if isinstance(inner, int) else sent)


def _rows(path: str, wanted: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[Difference]:
    for name, inner in wanted.items():
        yield from _compared(f"{path}.{name}", inner, got.get(name, []))


def _lines(path: str, wanted: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[Difference]:
    for name, lines in wanted.items():
        text = got.get(name, "")
        for number, line in enumerate(lines):
            if not any(line in one or _alike(line, one) for one in text.splitlines()):
                yield Difference(f"{path}.{name}[{number}]", _shown(line), _shown(text) if text else ABSENT)


_ROWS: Mapping[str, Callable[[str, Any, Any], Iterator[Difference]]] = {
    "requests": _requests,
    "rows": _rows,
    "lines": _lines,
}


def _shown(value: Any) -> str:
    if isinstance(value, str) and "\n" in value:
        return value
    return json.dumps(value, ensure_ascii=False)
