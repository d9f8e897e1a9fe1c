"""Paired rounds: baseline, target, baseline, target ... Only their ratios mean anything on a shared machine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from load import Outcome

Measured = TypeVar("Measured")


@dataclass(frozen=True)
class Ratio:
    """Median, lowest and highest of the ratios of the single pairs: the machine's mood changes from pair to pair."""

    value: float
    low: float
    high: float


def paired(
    base: Callable[[], Measured], target: Callable[[], Measured], pairs: int
) -> tuple[list[Measured], list[Measured]]:
    """Measure both in turn, so that what else the machine does falls on both alike."""
    bases, targets = [], []
    for _ in range(pairs):
        bases.append(base())
        targets.append(target())
    return bases, targets


def ratio(bases: Sequence[float], targets: Sequence[float]) -> Ratio:
    """Return the ratio of two series that were measured in pairs."""
    single = [target / base for base, target in zip(bases, targets, strict=True) if base]
    return Ratio(median(single), min(single), max(single)) if single else Ratio(0, 0, 0)


def of(outcomes: Sequence[Outcome], name: str) -> list[float]:
    """Return one number of each round."""
    return [getattr(outcome, name) for outcome in outcomes]
