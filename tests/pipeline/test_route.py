"""Where events go."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from adapters.testing import sample_event
from gateway.domain.outcome import Outcome
from gateway.domain.settings import Route
from gateway.expressions.globs import any_of
from gateway.pipeline.route import FIELDS, compile_routes

PAID = sample_event(account_reference="INV-7", shortcode="600638", kind="c2b-confirmation")
FAILED = replace(PAID, type="payment.failed", outcome=Outcome.FAILED)
PAYOUT = replace(PAID, type="payout.succeeded")
NO_REFERENCE = replace(PAID, account_reference=None)


def route(*to: str, goes_on: bool = False, **when: str | Sequence[str]) -> Route:
    patterns = {name: (given,) if isinstance(given, str) else tuple(given) for name, given in when.items()}
    return Route(patterns, to, goes_on)


TABLE = [
    # A route without `type` is for money that has come.
    ([route("erp")], PAID, ["erp"]),
    ([route("erp")], FAILED, []),
    ([route("erp")], PAYOUT, []),
    ([route("erp")], replace(PAID, type="payment.updated"), []),
    ([route("erp", reference="*")], FAILED, []),
    ([route("erp", type="payment.failed")], FAILED, ["erp"]),
    ([route("erp", type="payment.failed")], PAID, []),
    ([route("erp", type="payment.*")], FAILED, ["erp"]),
    ([route("erp", type="payout.*")], PAYOUT, ["erp"]),
    ([route("erp", type="*")], PAYOUT, ["erp"]),
    ([route("erp", type=("payment.failed", "payout.*"))], PAYOUT, ["erp"]),
    # The first that matches.
    ([route("erp"), route("books")], PAID, ["erp"]),
    ([route("erp", reference="X*"), route("books")], PAID, ["books"]),
    ([route("erp", goes_on=True), route("books"), route("late")], PAID, ["erp", "books"]),
    ([route("erp", "books", goes_on=True), route("books", "late")], PAID, ["erp", "books", "late"]),
    ([route("erp", goes_on=True)], PAID, ["erp"]),
    ([route("erp", goes_on=True, reference="X*"), route("books")], PAID, ["books"]),
    ([], PAID, []),
    # All fields have to match, one pattern of each.
    ([route("erp", reference="INV-*", shortcode="600638")], PAID, ["erp"]),
    ([route("erp", reference="INV-*", shortcode="600999")], PAID, []),
    ([route("erp", reference=("X", "INV-?"))], PAID, ["erp"]),
    ([route("erp", reference="INV-[0-6]")], PAID, []),
    ([route("erp", reference="INV")], PAID, []),
    ([route("erp", reference="inv-*")], PAID, []),
    ([route("erp", kind="c2b-*", outcome="succeeded", provider="mpesa", origin="callback")], PAID, ["erp"]),
    # No reference is matched by nothing that names one.
    ([route("erp", reference="*")], NO_REFERENCE, []),
    ([route("erp", reference="")], NO_REFERENCE, []),
    ([route("erp", reference="INV-*"), route("rest")], NO_REFERENCE, ["rest"]),
    # A field without patterns matches nothing rather than everything.
    ([route("erp", reference=())], PAID, []),
    ([route("erp", type=())], PAID, []),
]


@pytest.mark.parametrize(("routes", "event", "destinations"), TABLE)
def test_routes(routes: list[Route], event: object, destinations: list[str]) -> None:
    assert list(compile_routes(routes)(event)) == destinations  # type: ignore[arg-type]


def test_every_field_can_be_looked_at() -> None:
    for name, read in FIELDS.items():
        value = read(PAID)
        assert value is not None
        assert compile_routes([route("erp", **{"type": "*", name: value})])(PAID) == ("erp",)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("INV-*", "INV-7\nX", True),
        ("INV-7", "INV-7\n", False),
        ("*", "", True),
        ("", "", True),
        ("a.c", "abc", False),
        ("(a|b)", "a", False),
        ("[!0-9]*", "A7", True),
    ],
)
def test_globs_are_taken_to_the_letter(pattern: str, text: str, matches: bool) -> None:
    assert any_of([pattern])(text) is matches
    assert any_of(["no", pattern])(text) is matches
