"""A seeded load: the callbacks of many payments, with what makes a gateway stumble among them."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from crash.history import Post
from simulated import c2b, stk

# (tenant, shortcode). The second shortcode of the first tenant and the second tenant's wait for twins.
SHORTCODES = (("duka", "600638"), ("duka", "5012345"), ("soko", "600700"))

Story = tuple[Post, ...]
"""Callbacks that one client posts one after the other."""


def stories(seed: int, payments: int) -> list[Story]:
    """Return what clients are to post; the same seed gives the same."""
    rng = Random(seed)
    told = [story for number in range(payments) for story in _payment(rng, seed, number)]
    # Near its place, not anywhere: twins and duplicates should meet.
    return [story for _, story in sorted(enumerate(told), key=lambda pair: pair[0] + rng.uniform(0, 8))]


def _payment(rng: Random, seed: int, number: int) -> Iterator[Story]:
    tenant, shortcode = rng.choice(SHORTCODES)
    # Both tenants have payments of the same receipts.
    names = _Names(tenant, shortcode, f"U{seed % 1000:03d}{number:05d}", f"ws_CO_{tenant}_{shortcode}_{number}")
    scene = rng.choices(list(_SCENES), weights=[weight for _, weight in _SCENES.values()])[0]
    posts = _SCENES[scene][0](rng, names)
    if rng.random() < 0.25:
        # At the same time, by several clients.
        yield from ((post,) for post in posts)
    else:
        yield tuple(posts)


class _Names:
    def __init__(self, tenant: str, shortcode: str, receipt: str, checkout: str) -> None:
        self.tenant, self.shortcode, self.receipt, self.checkout = tenant, shortcode, receipt, checkout

    def post(self, kind: str, body: Any, *names: str, paid: bool = False, indent: int | None = None) -> Post:
        text = body if isinstance(body, bytes) else json.dumps(body, indent=indent).encode()
        return Post(self.tenant, self.shortcode, kind, text, names, paid)

    def confirmed(self, amount: int = 1500, indent: int | None = None) -> Post:
        body = c2b(self.receipt, self.shortcode, f"{amount}.00")
        return self.post("c2b-confirmation", body, self.receipt, paid=True, indent=indent)

    def pushed(self, amount: int = 1500) -> Post:
        body = stk(self.checkout, self.receipt, amount)
        return self.post("stk", body, self.receipt, self.checkout, paid=True)

    def cancelled(self) -> Post:
        return self.post("stk", stk(self.checkout, code=1032), self.checkout)


def _alone(rng: Random, names: _Names) -> list[Post]:
    return [rng.choice((names.confirmed, names.pushed))()]


def _repeated(rng: Random, names: _Names) -> list[Post]:
    post = rng.choice((names.confirmed, names.pushed))()
    return [post] * rng.randrange(2, 5)


def _respelled(rng: Random, names: _Names) -> list[Post]:
    return [names.confirmed(indent=indent) for indent in rng.sample((None, 1, 2), 3)]


def _twins(rng: Random, names: _Names) -> list[Post]:
    return rng.sample((names.pushed(), names.confirmed()), 2)


def _contradicted(rng: Random, names: _Names) -> list[Post]:
    first = rng.choice((names.confirmed, names.pushed))
    then = rng.choice((names.confirmed, names.pushed))
    return [first(), then(1), then(1), first()]


def _late_success(rng: Random, names: _Names) -> list[Post]:
    return [names.cancelled(), *rng.sample((names.pushed(), names.confirmed()), 2), names.cancelled()]


def _malformed(rng: Random, names: _Names) -> list[Post]:
    note = f"{names.tenant} {names.shortcode} {names.receipt}"
    body = rng.choice((f"nonsense {note}".encode(), {"new": note}, c2b(names.receipt, "999999", FirstName=note)))
    return [names.post("c2b-confirmation", body)] * rng.randrange(1, 3)


_SCENES = {
    "alone": (_alone, 6),
    "repeated": (_repeated, 3),
    "respelled": (_respelled, 1),
    "twins": (_twins, 4),
    "contradicted": (_contradicted, 2),
    "late_success": (_late_success, 2),
    "malformed": (_malformed, 2),
}
