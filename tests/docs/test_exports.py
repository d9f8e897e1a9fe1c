"""The page of accounting files has every setting, format and preset, and no other."""

import json
import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs/exports.md").read_text("utf-8")
SETTINGS = json.loads((CHECKOUT / "schemas/adapters/export.json").read_text("utf-8"))["properties"]


def first_cells(heading: str) -> set[str]:
    """The words in backticks in the first column of the tables of a section."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    cells = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", found[1], re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def test_every_setting_is_told() -> None:
    assert first_cells("Settings") == set(SETTINGS)


def test_every_format_is_told_with_what_a_second_import_does() -> None:
    assert first_cells("The formats, and importing twice") - {"format"} == set(SETTINGS["format"]["enum"])


def test_every_preset_is_told() -> None:
    assert first_cells("csv and xlsx") - {"preset"} == set(SETTINGS["preset"]["enum"])
