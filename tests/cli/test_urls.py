"""`pesagate urls`: one row for each tenant, shortcode and kind that a key opens."""

import json
from pathlib import Path

import pytest

from gateway.app.urls import hook_path
from gateway.cli.urls import hook_urls
from gateway.domain.settings import HookKey, Secret, Server, Settings, Shortcode, Tenant

KINDS = ("stk", "c2b-confirmation")


def shortcode(*keys: HookKey) -> Shortcode:
    return Shortcode("600638", "duka", "paybill", keys)


def settings(*shortcodes: Shortcode) -> Settings:
    tenant = Tenant("duka", "Duka", {code.number: code for code in shortcodes})
    return Settings(Path("pesagate.yaml"), Server(), Secret("sqlite://"), {"duka": tenant}, "")


def test_json_has_the_four_fields_one_object_a_line(run, config: Path) -> None:
    key = (config.parent / "secrets/600638_key").read_text().strip()

    rows = [json.loads(line) for line in run("urls", "-c", config, "--json").stdout.splitlines()]

    assert {"stk", "c2b-confirmation", "c2b-validation"} <= {row["kind"] for row in rows}
    for row in rows:
        assert row == {
            "tenant": "duka",
            "shortcode": "600638",
            "kind": row["kind"],
            "url": f"http://127.0.0.1:8080/hooks/{key}/{row['kind']}",
        }


@pytest.mark.parametrize("given", ["https://pay.example", "https://pay.example/"])
def test_another_public_url_is_put_in_front(run, config: Path, given: str) -> None:
    rows = [json.loads(line) for line in run("urls", "-c", config, "--json", "--public-url", given).stdout.splitlines()]

    assert rows
    assert all(row["url"].startswith("https://pay.example/hooks/") for row in rows)


def test_the_table_has_a_head_and_the_same_rows(run, config: Path) -> None:
    head, *rows = run("urls", "-c", config).stdout.splitlines()
    objects = [json.loads(line) for line in run("urls", "-c", config, "--json").stdout.splitlines()]

    assert head.split() == ["TENANT", "SHORTCODE", "KIND", "URL"]
    assert [row.split() for row in rows] == [list(row.values()) for row in objects]


def test_of_several_keys_the_first_is_shown() -> None:
    rotating = shortcode(HookKey(Secret("new")), HookKey(Secret("old")))

    assert hook_path(rotating, "stk") == "/hooks/new/stk"


def test_a_key_for_some_kinds_is_shown_for_these_alone() -> None:
    code = shortcode(HookKey(Secret("a"), frozenset({"stk"})), HookKey(Secret("b"), frozenset({"c2b-validation"})))

    rows = list(hook_urls(settings(code), KINDS, "https://pay.example"))

    assert [(row.kind, row.url) for row in rows] == [("stk", "https://pay.example/hooks/a/stk")]
