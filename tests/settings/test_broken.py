"""One file for each mistake in tests/config/broken; its first lines say what is told about it, word by word."""

from pathlib import Path

import pytest
from broken_files import SECRETS, expected, told

from gateway.settings import Known, load

BROKEN = Path(__file__).parents[1] / "config" / "broken"
FILES = sorted(BROKEN.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_mistake_is_told_word_by_word(path: Path, known: Known, environ: dict[str, str]) -> None:
    result = load(path, known, environ)
    assert [told(path, str(problem)) for problem in result.problems] == expected(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_settings_are_missing_exactly_if_there_is_an_error(path: Path, known: Known, environ: dict[str, str]) -> None:
    result = load(path, known, environ)
    assert (result.settings is None) == any(problem.severity == "error" for problem in result.problems)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_problem_shows_a_secret(path: Path, known: Known, environ: dict[str, str]) -> None:
    result = load(path, known, environ)
    shown = [str(problem.as_dict()) for problem in result.problems]
    assert [text for text in shown if any(secret in text for secret in SECRETS)] == []


def test_each_file_expects_something_and_there_are_many() -> None:
    assert [path.name for path in FILES if not expected(path)] == []
    assert len(FILES) >= 40


def test_problems_are_sorted_and_have_keys(known: Known, environ: dict[str, str]) -> None:
    problems = load(BROKEN / "everything_at_once.yaml", known, environ).problems
    places = [(problem.file, problem.line, problem.column) for problem in problems]
    assert places == sorted(places)
    assert 'tenants.duka.shortcodes."600638".key' in [problem.key for problem in problems]


def test_a_missing_file_is_a_problem(tmp_path: Path, known: Known) -> None:
    (problem,) = load(tmp_path / "no.yaml", known, {}).problems
    assert str(problem) == (
        f"{tmp_path}/no.yaml: error: there is no such file. Name it with -c, or make one with `pesagate init`."
    )


def test_a_folder_is_a_problem(tmp_path: Path, known: Known) -> None:
    (problem,) = load(tmp_path, known, {}).problems
    assert str(problem) == f"{tmp_path}: error: this is a folder, not a file. Name the YAML file inside it."
