"""The page of kinds: every kind has a section, and each sample becomes the event that the page says."""

import re
from pathlib import Path

import pytest
from arrivals import received

from gateway.domain.received import Arrival, Question
from gateway.providers import KINDS

PAGE = (Path(__file__).parents[2] / "docs/kinds.md").read_text("utf-8")
SECTION = re.compile(
    r"^## (?P<kind>\S+)\n\nURL: `/hooks/<key>/(?P=kind)(?:\?for=(?P<asked>\S+))?`.*?"
    r"^```json\n(?P<body>.*?)^```\n\nAnswer: `(?P<answer>[^`]+)`\n\nEvent: (?P<event>\S+)$",
    re.MULTILINE | re.DOTALL,
)
SECTIONS = {match["kind"]: match for match in SECTION.finditer(PAGE)}


def test_every_kind_has_a_section_and_nothing_else_has() -> None:
    assert list(SECTIONS) == list(KINDS)
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sample_becomes_the_event_that_the_page_says(kind: str) -> None:
    section = SECTIONS[kind]
    made = received(kind, section["body"].encode(), context={"for": section["asked"]} if section["asked"] else {})
    if section["event"] == "none":
        assert isinstance(made, Question)
    else:
        assert isinstance(made, Arrival), made
        assert f"`{made.event.type}`" == section["event"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_is_the_kinds(kind: str) -> None:
    assert SECTIONS[kind]["answer"].encode() == KINDS[kind].success
