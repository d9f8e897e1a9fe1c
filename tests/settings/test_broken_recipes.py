"""One file for each mistake with a recipe in tests/config/broken/recipes, told word by word and at the user's place."""

from pathlib import Path

import pytest
from broken_files import SECRETS, expected, told

from gateway import registry, resources
from gateway.settings import Known, load

BROKEN = Path(__file__).parents[1] / "config" / "broken" / "recipes"
FILES = sorted(BROKEN.glob("*.yaml"))


@pytest.fixture
def known() -> Known:
    """The adapters as they are shipped: recipes are written for them."""
    return Known(("stk", "c2b-confirmation"), registry.names(), registry.schema_of)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_mistake_is_told_word_by_word(path: Path, known: Known, environ: dict[str, str]) -> None:
    result = load(path, known, environ)
    assert [told(path, str(problem)) for problem in result.problems] == expected(path)
    assert (result.settings is None) == any(problem.severity == "error" for problem in result.problems)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_problem_points_into_a_shipped_recipe_or_shows_a_secret(
    path: Path, known: Known, environ: dict[str, str]
) -> None:
    shipped = str(resources.data_dir() / "config")
    shown = [str(problem.as_dict()) for problem in load(path, known, environ).problems]
    assert [text for text in shown if shipped in text or any(secret in text for secret in SECRETS)] == []


def test_each_file_expects_something_and_there_are_many() -> None:
    assert [path.name for path in FILES if not expected(path)] == []
    assert len(FILES) >= 20
