"""Validating and normalising one callback, in processor time, as a multiple of `json.loads` of the same body."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import jsonschema
from processes import ROOT
from report import Row
from session import Session
from targets import VALIDATION_ALONE as ALONE
from targets import VALIDATION_FAST as FAST
from targets import Target

from gateway import resources
from gateway.pipeline.parse import Unreadable, parse
from gateway.pipeline.validate import compile_schema
from gateway.providers import KINDS
from gateway.providers.kind import Kind, NewShape

REPEATS = 9


def kinds(session: Session) -> Iterator[Row]:
    """Measure every kind that has recorded bodies; name those that have none."""
    for kind in KINDS.values():
        recorded = sorted((ROOT / "tests" / "payloads" / kind.name).glob("*.json"))
        bodies = [path for path in recorded if _is_taken(kind, path)]
        if not bodies:
            yield Row("validation", f"{kind.name}: validation", note="no recorded body in tests/payloads")
            continue
        costs = {path.stem: _measured(kind, path, 100 if session.quick else 500) for path in bodies}
        yield _row(f"{kind.name}: jsonschema alone", {name: cost.alone for name, cost in costs.items()}, ALONE)
        yield _row(f"{kind.name}: fastjsonschema first", {name: cost.fast for name, cost in costs.items()}, FAST)


@dataclass(frozen=True)
class Cost:
    """What one body costs either way, as multiples of `json.loads`."""

    alone: float
    fast: float


def _row(name: str, costs: dict[str, float], target: Target) -> Row:
    """Return the dearest body of a kind; min-max goes over its bodies."""
    dearest = max(costs, key=costs.__getitem__)
    note = f"x json.loads; dearest of {len(costs)} bodies: {dearest}"
    return Row("validation", name, costs[dearest], min(costs.values()), costs[dearest], note, target)


def _measured(kind: Kind, path: Path, number: int) -> Cost:
    body = path.read_bytes()
    document = parse(body)
    schema = resources.schema(kind.schema)
    authority, fast = jsonschema.Draft7Validator(schema), compile_schema(schema)

    def loads() -> Any:
        return json.loads(body)

    alone = _way(kind, document, lambda pivoted: next(authority.iter_errors(pivoted), None))
    return Cost(_ratio(loads, alone, number // 5), _ratio(loads, _way(kind, document, fast), number))


def _way(kind: Kind, document: Any, validate: Callable[[Any], Any]) -> Callable[[], None]:
    def way() -> None:
        pivoted = kind.pivot(document)
        assert validate(pivoted) is None
        kind.normalise(pivoted)

    return way


def _is_taken(kind: Kind, path: Path) -> bool:
    """Tell whether a file is a body that becomes an event; the corpus has others, and what is expected of each."""
    if path.name.endswith(".expected.json"):
        return False
    try:
        pivoted = kind.pivot(parse(path.read_bytes()))
        kind.normalise(pivoted)
    except (Unreadable, NewShape, KeyError):
        return False
    return compile_schema(resources.schema(kind.schema))(pivoted) is None


def _ratio(base: Callable[[], Any], step: Callable[[], Any], number: int) -> float:
    """Return the processor time of a step as a multiple of another's, the median of nine pairs."""
    return median(_cpu(step, number) / _cpu(base, number) for _ in range(REPEATS))


def _cpu(step: Callable[[], Any], number: int) -> float:
    """Return the seconds of processor time of so many steps."""
    started = time.process_time()
    for _ in range(number):
        step()
    return time.process_time() - started
