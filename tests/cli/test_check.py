"""`pesagate check`: every mistake with its place, 78 for errors, 0 for warnings."""

import json
from pathlib import Path

import pytest


@pytest.fixture
def broken(config: Path) -> Path:
    """A configuration with two mistakes."""
    text = config.read_text()
    config.write_text(text.replace("type: paybill", "type: paybil").replace("to: [erp]", "to: [epr]"))
    return config


def test_errors_end_with_78_and_are_all_told(run, broken: Path) -> None:
    checked = run("check", "-c", broken)

    assert checked.returncode == 78
    assert "paybil" in checked.stdout
    assert "epr" in checked.stdout
    assert checked.stdout.splitlines()[-1].startswith("2 errors, ")


def test_each_problem_shows_its_line_with_a_caret(run, broken: Path) -> None:
    lines = run("check", "-c", broken).stdout.splitlines()
    number = next(index for index, line in enumerate(lines) if 'not "paybil"' in line)

    file, line, column = lines[number].split(": ")[0].rsplit(":", 2)
    source = broken.read_text().splitlines()[int(line) - 1]
    assert Path(file).name == "pesagate.yaml"
    assert lines[number + 1] == "    " + source
    assert lines[number + 2] == "    " + " " * (int(column) - 1) + "^"
    assert source[int(column) - 1 :].startswith("paybil")


def test_json_is_one_object_a_line(run, broken: Path) -> None:
    checked = run("check", "-c", broken, "--json")

    problems = [json.loads(line) for line in checked.stdout.splitlines()]
    assert checked.returncode == 78
    assert sum(problem["severity"] == "error" for problem in problems) == 2
    assert set(problems[0]) == {"file", "line", "column", "key", "severity", "message", "remedy"}


def test_warnings_are_told_and_end_with_0(run, config: Path) -> None:
    config.write_text(config.read_text().replace("{file: secrets/600638_key}", '"QmVhcmVyVG9rZW5Gb3JUZXN0czEyMzQ1"'))

    checked = run("check", "-c", config)

    assert checked.returncode == 0
    assert "warning" in checked.stdout
    assert "ok: " in checked.stdout
    assert "QmVhcmVyVG9rZW5Gb3JUZXN0czEyMzQ1" not in checked.stdout


def test_a_missing_file_is_a_problem_like_any_other(run) -> None:
    checked = run("check", "-c", "nowhere.yaml")

    assert checked.returncode == 78
    assert "nowhere.yaml" in checked.stdout + checked.stderr
    assert "Traceback" not in checked.stderr


def test_what_check_refuses_serve_refuses_in_the_same_words(run, tmp_path: Path) -> None:
    # The adapter finds it, not the schema: serve once started with it and tried each delivery in vain.
    path = tmp_path / "pesagate.yaml"
    path.write_text(
        "version: 1\n"
        "tenants:\n"
        "  duka:\n"
        "    name: Duka\n"
        '    shortcodes: {"600638": {type: paybill, key: abcdefghijklmnopqrstuvwxyz}}\n'
        "    destinations:\n"
        '      erp: {adapter: http, url: https://erp.example, success_when: "body.["}\n'
        "    routes: [{to: [erp]}]\n",
        "utf-8",
    )
    checked, served = run("check", "-c", path), run("serve", "-c", path)

    assert (checked.returncode, served.returncode) == (78, 78)
    errors = [line for line in checked.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 1
    assert errors[0] in served.stderr
