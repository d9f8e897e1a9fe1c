"""Which key opens what."""

import pytest
from arrivals import KEY, hooks, key, shortcode

from gateway.providers import KINDS

OTHER = "other-key-0123456789-ABCDEFGHI"


def test_a_key_opens_every_kind_of_its_shortcode() -> None:
    table = hooks(shortcode())
    assert {kind for kind in KINDS if table.find(KEY, kind)} == set(KINDS)


def test_an_unknown_kind_of_a_right_key_is_a_hook_too() -> None:
    found = hooks(shortcode()).find(KEY, "nonsense" * 20)
    assert found is not None
    assert found.kind is None
    assert len(found.kind_name) <= 64


@pytest.mark.parametrize("wrong", ["", KEY[:-1], KEY + "a", KEY.lower(), f" {KEY}", f"{KEY} ", "é", "%2e" * 9])
def test_a_wrong_key_opens_nothing(wrong: str) -> None:
    table = hooks(shortcode())
    assert [table.find(wrong, kind) for kind in (*KINDS, "nonsense", "")] == [None] * (len(KINDS) + 2)


def test_a_key_for_some_kinds_is_a_wrong_key_for_all_others() -> None:
    table = hooks(shortcode(keys=(key(KEY, "stk"), key(OTHER, "c2b-confirmation"))))
    opened = [(name, kind) for name in (KEY, OTHER) for kind in (*KINDS, "nonsense") if table.find(name, kind)]
    assert opened == [(KEY, "stk"), (OTHER, "c2b-confirmation")]


def test_while_keys_are_rotated_both_open() -> None:
    table = hooks(shortcode(keys=(key(KEY), key(OTHER))))
    assert table.find(KEY, "stk") is not None
    assert table.find(OTHER, "stk") is not None


def test_each_key_leads_to_its_own_tenant() -> None:
    table = hooks(shortcode(), shortcode(number="600999", tenant="mama", keys=(key(OTHER),)))
    found = [table.find(name, "stk") for name in (KEY, OTHER)]
    assert [(hook.shortcode.tenant, hook.shortcode.number) for hook in found if hook] == [
        ("duka", "600638"),
        ("mama", "600999"),
    ]
