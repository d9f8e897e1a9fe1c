"""Every key that a configuration may hold, of adapters and of its tests too, is told of in the documents."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docs.conftest import CHECKOUT, DOCUMENTS

SCHEMAS = (
    CHECKOUT / "schemas/config.schema.json",
    *sorted((CHECKOUT / "schemas/adapters").glob("*.json")),
)
CODE = re.compile(r"`[^`\n]+`|^```.*?^```", re.MULTILINE | re.DOTALL)
TOLD = " ".join(code for document in DOCUMENTS for code in CODE.findall(document.read_text("utf-8")))


def keys(schema: Any) -> Iterator[str]:
    """Every name below a `properties`, wherever it stands."""
    if isinstance(schema, list):
        for each in schema:
            yield from keys(each)
    elif isinstance(schema, dict):
        yield from schema.get("properties") or ()
        for name, below in schema.items():
            if name not in {"examples", "default"}:
                yield from keys(below)


def untold(names: set[str]) -> list[str]:
    return sorted(name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", TOLD))


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: path.name)
def test_every_key_is_told_of(schema: Path) -> None:
    names = set(keys(json.loads(schema.read_text("utf-8"))))

    assert names
    assert untold(names) == []


def test_a_key_that_is_not_told_of_would_be_found() -> None:
    assert untold({"merge_window", "a_key_of_nobody"}) == ["a_key_of_nobody"]
