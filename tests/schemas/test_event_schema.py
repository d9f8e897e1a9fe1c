"""The event's schema states what events are."""

from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from adapters.testing import sample_event
from gateway import resources
from gateway.domain.event import Raw

VALIDATOR = jsonschema.Draft7Validator(resources.schema("event.schema"))


def described(schema: dict[str, Any], at: str = "$") -> list[str]:
    missing = []
    for name, inner in schema.get("properties", {}).items():
        if not inner.get("description"):
            missing.append(f"{at}.{name}")
        missing += described(inner, f"{at}.{name}")
    return missing


def test_an_event_in_all_its_forms_fits_the_schema() -> None:
    event = sample_event(raw=Raw(b"{}", "application/json"), balances={"OrgAccountBalance": Decimal(12)})
    for include in (frozenset[str](), frozenset({"raw", "balances"})):
        VALIDATOR.validate(event.as_dict(include))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"amount": "10.0"}, "amount"),
        ({"amount": 10}, "amount"),
        ({"type": "payment.received"}, "type"),
        ({"outcome": "ok"}, "outcome"),
        ({"version": 2}, "version"),
    ],
)
def test_an_event_of_another_form_does_not_fit(change: dict[str, Any], path: str) -> None:
    errors = list(VALIDATOR.iter_errors(sample_event().as_dict() | change))
    assert [error.absolute_path[0] for error in errors] == [path]


def test_every_field_is_described() -> None:
    assert described(resources.schema("event.schema")) == []
