"""The pages as a site: built in strict mode, asking nothing of any other server, every linked file beside it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
# What a browser fetches by itself. An <a> is not among them.
FETCHED = re.compile(
    r"<(?:link|script|img|iframe|source|video|audio|object|embed|use)\b[^>]*?\b(?:href|src|srcset|data)\s*=\s*[\"']?"
    r"(?P<url>(?:[a-z]+:)?//[^\"'\s>]+)"
)
# Scripts of the theme that fetch more where a page has one of these.
SETS_OFF = ('class="mermaid"', "google-analytics", "giscus")
IN_STYLES = re.compile(r"(?:url\(|@import)\s*[\"']?(?P<url>(?:[a-z]+:)?//[^\"')\s]+)")


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("mkdocs"), "build", "--strict", "--site-dir", site],
        cwd=source,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def fetched(page: str) -> list[str]:
    return [match["url"] for match in FETCHED.finditer(page)] + [match["url"] for match in IN_STYLES.finditer(page)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(CHECKOUT, folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    pages = {path.relative_to(CHECKOUT / "docs").with_suffix(".html") for path in (CHECKOUT / "docs").rglob("*.md")}

    assert {path for path in pages if not (site / path).is_file()} == set()


def test_no_page_and_no_style_fetches_anything_from_elsewhere(site: Path) -> None:
    texts = {path: path.read_text("utf-8") for path in site.rglob("*") if path.suffix in {".html", ".css", ".svg"}}

    assert len(texts) > 30
    assert {path.name: found for path, text in texts.items() if (found := fetched(text))} == {}
    pages = {path: text for path, text in texts.items() if path.suffix == ".html"}
    assert [path.name for path, text in pages.items() for sign in SETS_OFF if sign in text] == []


def test_a_request_to_elsewhere_would_be_found() -> None:
    assert fetched("<script async src='https://a.example/x.js'></script>") == ["https://a.example/x.js"]
    assert fetched('<link rel=preconnect href="//fonts.example">') == ["//fonts.example"]
    assert fetched("a{src:url(https://fonts.example/a.woff2)}") == ["https://fonts.example/a.woff2"]


def test_a_file_outside_the_pages_that_one_links_to_comes_along(site: Path) -> None:
    page = (site / "operating.html").read_text("utf-8")

    assert 'href="repository/deploy/systemd/pesagate.service.txt"' in page
    there = site / "repository/deploy/systemd/pesagate.service.txt"
    assert there.read_text("utf-8") == (CHECKOUT / "deploy/systemd/pesagate.service").read_text("utf-8")


@pytest.mark.parametrize("link", ["nowhere.md", "../deploy/nowhere", "index.md#nowhere"])
def test_a_link_that_leads_nowhere_ends_the_build(tmp_path: Path, link: str) -> None:
    shutil.copytree(CHECKOUT / "docs/.site", tmp_path / "docs/.site")
    (tmp_path / "docs/index.md").write_text(f"# Here\n[there]({link})\n", "utf-8")
    config = (CHECKOUT / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[0]
    (tmp_path / "mkdocs.yml").write_text(config, "utf-8")

    built = build(tmp_path, tmp_path / "site")

    assert built.returncode != 0
    assert link in built.stdout + built.stderr
