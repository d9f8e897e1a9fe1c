"""What the simulator makes is what the gateway takes: valid by the kind's schema, and normalised to the same facts."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import resources
from gateway.domain.outcome import Outcome
from gateway.pipeline.parse import parse
from gateway.providers import KINDS
from gateway.simulator import callbacks
from gateway.simulator.payment import draw

NOW = datetime(2026, 11, 24, 9, 30, 15, tzinfo=UTC)


WITHOUT_RECEIPT = {"status-result", "balance-result", "timeout", "pull"}
WITHOUT_AMOUNT = {"balance-result", "timeout", "pull", "ratiba"}
# Kinds that tell no time, or the day only.
WITHOUT_TIME: dict[str, Callable[[datetime], datetime | None]] = {
    **dict.fromkeys(("timeout", "pull", "ratiba", "b2b-express"), lambda _at: None),
    "bill-manager": lambda at: at.replace(hour=0, minute=0, second=0),
}


def facts_of(kind: str, body: callbacks.Body):
    pivoted = KINDS[kind].pivot(parse(json.dumps(body).encode()))
    jsonschema.validate(pivoted, resources.schema(KINDS[kind].schema))
    return KINDS[kind].normalise(pivoted)


def test_the_simulator_makes_only_kinds_that_there_are() -> None:
    assert set(callbacks.BODIES) == set(KINDS)


@pytest.mark.parametrize("kind", callbacks.BODIES)
@pytest.mark.parametrize("is_till", [False, True])
@settings(deadline=None)
@given(seed=st.integers())
def test_every_body_of_a_payment_is_normalised_to_that_payment(kind: str, is_till: bool, seed: int) -> None:
    payment = draw(Random(seed), NOW, "600638", is_till=is_till)

    facts = facts_of(kind, callbacks.BODIES[kind](payment))

    assert facts.receipt == (None if kind in WITHOUT_RECEIPT else payment.receipt)
    assert facts.amount == (None if kind in WITHOUT_AMOUNT else payment.amount)
    assert facts.occurred_at == WITHOUT_TIME.get(kind, lambda at: at)(payment.at)
    assert facts.outcome is (Outcome.UNKNOWN if kind in ("timeout", "pull") else Outcome.SUCCEEDED)


def test_cents_survive_a_push() -> None:
    payment = draw(Random(1), NOW, "600638", amount=Decimal("999999.99"))

    assert facts_of("stk", callbacks.stk(payment)).amount == Decimal("999999.99")


@pytest.mark.parametrize("code", callbacks.FAILURES)
def test_every_simulated_failure_is_one_that_the_gateway_knows(code: int) -> None:
    facts = facts_of("stk", callbacks.stk_failed(draw(Random(1), NOW, "600638"), code))

    assert facts.outcome is Outcome.FAILED
