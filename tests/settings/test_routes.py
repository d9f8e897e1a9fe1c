"""Which route hides another."""

import pytest

from gateway.domain.settings import Route
from gateway.settings.routes import covers

When = dict[str, tuple[str, ...]]


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({}, {}),
        ({}, {"reference": ("INV-*",)}),
        ({"reference": ("INV-*",)}, {"reference": ("INV-*",)}),
        ({"reference": ("INV-*",)}, {"reference": ("INV-1", "INV-2")}),
        ({"reference": ("*",)}, {"reference": ("A", "B*")}),
        ({"reference": ("A", "B")}, {"reference": ("B",), "kind": ("stk",)}),
        ({"shortcode": ("*",)}, {}),
        ({"type": ("*",)}, {"type": ("payout.*",)}),
        ({"type": ("payment.*",)}, {"type": ("payment.failed",)}),
        ({"type": ("payment.*",)}, {}),
    ],
)
def test_a_route_is_hidden(wide: When, narrow: When) -> None:
    assert covers(Route(wide, ("a",)), Route(narrow, ("a",)))


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        # Without a type, only payment.succeeded is meant.
        ({}, {"type": ("payment.failed",)}),
        ({}, {"type": ("*",)}),
        # An event without a reference matches no pattern, not even *.
        ({"reference": ("*",)}, {}),
        ({"reference": ("INV-*",)}, {"reference": ("*",)}),
        ({"reference": ("INV-*",)}, {"reference": ("INV-1", "ORD-1")}),
        ({"reference": ("INV-*",)}, {"reference": ("inv-1",)}),
        ({"reference": ("INV-1",)}, {"reference": ("INV-?",)}),
        ({"kind": ("stk",)}, {"reference": ("INV-1",)}),
        ({"type": ("payment.failed",)}, {}),
    ],
)
def test_a_route_is_not_hidden(wide: When, narrow: When) -> None:
    assert not covers(Route(wide, ("a",)), Route(narrow, ("a",)))
