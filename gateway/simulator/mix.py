"""What M-Pesa does to a gateway in a day: payments told once, twice, by two kinds, otherwise than before. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Any

from gateway.simulator.callbacks import BODIES, FAILURES, stk_failed
from gateway.simulator.payment import Payment

TWINS: Mapping[str, str] = MappingProxyType({"stk": "c2b-confirmation", "c2b-confirmation": "stk"})
"""Kind -> the kind that tells of the same payment too."""

Told = tuple[str, dict[str, Any]]
"""A kind and its body."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How `number` payments are told. The counts say for how many of them; which, is random."""

    kind: str
    number: int
    # The payer cancelled, or had not enough. Only pushes tell of that.
    failed: int = 0
    # The same payment is told by the other kind too, as for every push on a shortcode with C2B URLs.
    twins: int = 0
    # The same payment is told again with another amount.
    conflicts: int = 0
    # Every callback comes so many times more.
    duplicates: int = 0

    @property
    def total(self) -> int:
        """How many callbacks there are in all."""
        paid = min(self.failed, self.number)
        extra = min(self.twins, self.number - paid) + min(self.conflicts, self.number - paid)
        return (self.number + extra) * (self.duplicates + 1)


def mixed(rng: Random, payments: Iterable[Payment], mix: Mix) -> Iterator[Told]:
    """Give the callbacks in the order in which they come; those of one payment come one after the other."""
    failing = _some(rng, range(mix.number), mix.failed)
    paid = [index for index in range(mix.number) if index not in failing]
    twins, conflicts = _some(rng, paid, mix.twins), _some(rng, paid, mix.conflicts)
    for index, payment in zip(range(mix.number), payments, strict=False):
        if index in failing:
            told = [(mix.kind, stk_failed(payment, rng.choice(tuple(FAILURES))))]
        else:
            told = list(_tellings(mix.kind, payment, index in twins, index in conflicts))
        for one in told:
            yield from [one] * (mix.duplicates + 1)


def _tellings(kind: str, payment: Payment, has_twin: bool, has_conflict: bool) -> Iterator[Told]:
    yield kind, BODIES[kind](payment)
    if has_twin:
        yield TWINS[kind], BODIES[TWINS[kind]](payment)
    if has_conflict:
        yield kind, BODIES[kind](replace(payment, amount=payment.amount + 1))


def _some(rng: Random, indexes: Iterable[int], number: int) -> frozenset[int]:
    among = list(indexes)
    return frozenset(rng.sample(among, min(number, len(among))))
