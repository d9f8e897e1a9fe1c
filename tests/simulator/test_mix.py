"""How payments are told: counts, order, and the same again for the same seed."""

import json
from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest

from gateway.simulator.mix import Mix, mixed
from gateway.simulator.payment import stream

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)


def told(mix: Mix, seed: int = 7) -> list[tuple[str, dict]]:
    rng = Random(seed)
    return list(mixed(rng, stream(rng, lambda: NOW, "600638"), mix))


def receipt(kind: str, body: dict) -> str | None:
    if kind != "stk":
        return body["TransID"]
    items = body["Body"]["stkCallback"].get("CallbackMetadata", {}).get("Item", [])
    return next((item["Value"] for item in items if item["Name"] == "MpesaReceiptNumber"), None)


@pytest.mark.parametrize(
    ("mix", "kinds"),
    [
        (Mix("stk", 10), {"stk": 10}),
        (Mix("stk", 10, failed=3), {"stk": 10}),
        (Mix("stk", 10, twins=4), {"stk": 10, "c2b-confirmation": 4}),
        (Mix("c2b-confirmation", 10, twins=4, conflicts=2), {"c2b-confirmation": 12, "stk": 4}),
        (Mix("stk", 10, twins=4, conflicts=2, duplicates=2), {"stk": 36, "c2b-confirmation": 12}),
        (Mix("stk", 5, failed=3, twins=9, conflicts=9), {"stk": 7, "c2b-confirmation": 2}),
        (Mix("stk", 2, failed=9), {"stk": 2}),
    ],
)
def test_counts(mix: Mix, kinds: dict[str, int]) -> None:
    made = told(mix)
    assert Counter(kind for kind, _ in made) == kinds
    assert len(made) == mix.total


def test_twins_share_their_receipt_and_amount_and_conflicts_only_their_receipt() -> None:
    made = told(Mix("c2b-confirmation", 1, twins=1, conflicts=1))
    assert len({receipt(kind, body) for kind, body in made}) == 1
    (_, first), (_, push), (_, other) = made
    assert float(first["TransAmount"]) == push["Body"]["stkCallback"]["CallbackMetadata"]["Item"][0]["Value"]
    assert float(other["TransAmount"]) == float(first["TransAmount"]) + 1


def test_the_same_seed_tells_the_same() -> None:
    mix = Mix("stk", 20, failed=3, twins=5, conflicts=5)
    assert json.dumps(told(mix)) == json.dumps(told(mix))
    assert json.dumps(told(mix)) != json.dumps(told(mix, seed=8))
