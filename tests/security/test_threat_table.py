"""The threat model names a test for each threat, and the test exists; what has none says so."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/security.md"
TEST = re.compile(r"\[(test_\w+)\]\(([^)\s]+\.py)\)")


def rows() -> list[list[str]]:
    section = PAGE.read_text("utf-8").partition("## Threats\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(("threat", "answer", "proof"), rows(), ids=lambda text: text[:40])
def test_every_threat_names_a_test_that_exists_or_is_open(threat: str, answer: str, proof: str) -> None:
    assert answer
    if proof == "*open*":
        return
    named = TEST.findall(proof)
    assert named, threat
    missing = [
        name
        for name, path in named
        if not re.search(rf"^ *(async )?def {name}\(", (PAGE.parent / path).read_text("utf-8"), re.MULTILINE)
    ]
    assert missing == []


def test_the_table_is_found() -> None:
    assert len(rows()) > 20
