"""Files of the repository that pages link to come along with the site, so that the same link works on a forge and here.

A page says `[unit](../deploy/systemd/pesagate.service)`, which a forge can follow; MkDocs sees nothing outside docs/.
Leaving such links unchecked would let wrong ones pass, and the site's readers would find nothing behind them.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

LINK = re.compile(r"(?<=\]\()(?P<path>(?:\.\./)+[^)\s#]+)(?=\))")
FOLDER = "repository"


def outside(page: str, link: str) -> str | None:
    """The path in the repository that a link leads to, or None if it stays in docs/."""
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link))
    return None if path.startswith("docs/") else path


def place(path: str) -> str:
    """Where a file lies in the site: browsers show text, and would save what they do not know."""
    return f"{FOLDER}/{path}.txt"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files outside docs/ that pages link to."""
    root = Path(config.docs_dir).parent
    linked = {
        path
        for page in files.documentation_pages()
        for match in LINK.finditer(page.content_string)
        if (path := outside(page.src_uri, match["path"])) and (root / path).is_file()
    }
    for path in sorted(linked):
        files.append(File.generated(config, place(path), content=(root / path).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, files: Files, **_: object) -> str:
    """Let these links lead to where the files lie in the site. One to nothing stays, and ends the build."""
    here = page.file.src_uri

    def moved(match: re.Match[str]) -> str:
        path = outside(here, match["path"])
        if path is None or files.get_file_from_path(place(path)) is None:
            return match["path"]
        return posixpath.relpath(place(path), posixpath.dirname(here) or ".")

    return LINK.sub(moved, markdown)
