"""Every relative link in the documents leads to something, and every #part of one to a heading."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
PROOF = re.compile(r"\[(test_\w+)\]\(([^)\s]+\.py)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def prose(document: Path) -> str:
    return FENCED.sub("", document.read_text("utf-8"))


def anchors(document: Path) -> set[str]:
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(document)))
    return {heading.strip().replace(" ", "-") for heading in words}


def broken_links(document: Path) -> list[str]:
    return [target for target in LINK.findall(prose(document)) if not leads_somewhere(document, target)]


def leads_somewhere(document: Path, target: str) -> bool:
    if target.startswith(("https://", "http://", "mailto:")):
        return True
    path, _, anchor = target.partition("#")
    place = document.parent / path if path else document
    return place.exists() and (not anchor or anchor in anchors(place))


def test_every_relative_link_leads_somewhere(document: Path) -> None:
    assert broken_links(document) == []


def test_every_test_that_the_readme_names_as_proof_exists() -> None:
    proofs = PROOF.findall((CHECKOUT / "README.md").read_text("utf-8"))

    assert len(proofs) >= 2
    for name, path in proofs:
        assert f"def {name}(" in (CHECKOUT / path).read_text("utf-8")


def test_a_broken_link_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A Heading\n[a](nowhere.md) [b](page.md#no) [c](#a-heading) [d](page.md#a-heading)\n")

    assert broken_links(page) == ["nowhere.md", "page.md#no"]
