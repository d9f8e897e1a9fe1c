"""The lock files pin what pyproject.toml asks for, with hashes, and name no package index."""

import re
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
WANTED = {
    "requirements.lock": PROJECT["dependencies"],
    "deploy/requirements.lock": [*PROJECT["dependencies"], *EXTRAS["postgres"], *EXTRAS["mysql"]],
    "requirements-dev.lock": [*PROJECT["dependencies"], *EXTRAS["test"], *EXTRAS["dev"], *EXTRAS["docs"]],
}


def pinned(name: str) -> dict[str, str]:
    text = (CHECKOUT / name).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\\n]+)", text, re.MULTILINE))


def canonical(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[ ]", requirement)[0]).lower()


@pytest.mark.parametrize("name", WANTED)
def test_everything_asked_for_is_pinned(name: str) -> None:
    assert {canonical(requirement) for requirement in WANTED[name]} <= set(pinned(name))


@pytest.mark.parametrize("name", WANTED)
def test_every_pin_has_a_hash(name: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9-]+==)", (CHECKOUT / name).read_text("utf-8"), flags=re.MULTILINE)[1:]

    assert blocks
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("name", WANTED)
def test_no_index_is_named(name: str) -> None:
    text = (CHECKOUT / name).read_text("utf-8")

    assert "://" not in text
    assert "index" not in text


@pytest.mark.parametrize("name", WANTED)
def test_all_pin_the_same_versions(name: str) -> None:
    assert pinned(name).items() <= pinned("requirements-dev.lock").items()


def test_every_run_time_dependency_is_explained() -> None:
    page = (CHECKOUT / "docs/dependencies.md").read_text("utf-8").lower()

    assert [name for name in pinned("requirements.lock") if name not in page] == []
