"""Every recipe of a destination has a page that tells its parameters, and a configuration that `check` accepts."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).parents[2]
PAGES = CHECKOUT / "docs/recipes"
RECIPES = sorted((CHECKOUT / "config/recipes/destinations").glob("*.yaml"))
# That `check` accepts them is tested with all other blocks of the documents.
CONFIGURATION = re.compile(r"```yaml\n(version: 1\n.*?)```", re.DOTALL)
ROW = re.compile(r"^\| `(\w+)` \| (.+) \|$", re.MULTILINE)
HEADINGS = ("## A payment stays single", "**A lost answer**", "## Limits", "## Tried")

each_recipe = pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)


def page(path: Path) -> str:
    return (PAGES / f"{path.stem}.md").read_text("utf-8")


def parameters(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8")).get("parameters") or {}
    return found


def destinations(text: str) -> list[dict[str, Any]]:
    blocks = [yaml.safe_load(block) for block in CONFIGURATION.findall(text)]
    tenants = [tenant for block in blocks for tenant in block["tenants"].values()]
    return [destination for tenant in tenants for destination in tenant["destinations"].values()]


@each_recipe
def test_a_recipe_has_a_page_with_each_of_its_parameters_and_no_other(path: Path) -> None:
    told = dict(ROW.findall(page(path)))
    asked = parameters(path)
    assert list(told) == list(asked)
    for name, about in asked.items():
        assert ("A secret" in told[name]) is bool(about.get("secret")), name
        assert ("unless given" in told[name]) is ("default" in about), name


@each_recipe
def test_a_page_has_a_configuration_with_the_recipe(path: Path) -> None:
    used = [each for each in destinations(page(path)) if each.get("recipe") == path.stem]
    assert used
    for destination in used:
        needed = {name for name, about in parameters(path).items() if "default" not in about}
        assert needed <= set(destination.get("with") or {})


@each_recipe
def test_a_page_tells_what_keeps_a_payment_single_and_where_it_was_tried(path: Path) -> None:
    text = page(path)
    assert [heading for heading in HEADINGS if heading not in text] == []


@each_recipe
def test_the_table_of_recipes_has_it(path: Path) -> None:
    assert f"| [{path.stem}]({path.stem}.md) |" in (PAGES / "index.md").read_text("utf-8")


def test_there_is_no_page_without_a_recipe() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {path.stem for path in RECIPES} | {"index"}


@pytest.mark.parametrize("name", ["README.md", "docs/http.md", "docs/quickstart.md"])
def test_people_are_led_to_the_recipes(name: str) -> None:
    assert "recipes/index.md" in (CHECKOUT / name).read_text("utf-8")
