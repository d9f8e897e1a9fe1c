"""The command as such: its help, its version, where it finds the configuration, how it fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import gateway
from gateway.cli import COMMANDS, main

HEAVY = ("tornado", "sqlalchemy", "alembic", "jsonschema", "fastjsonschema", "requests", "yaml", "rich", "structlog")

IMPORTED_BY = """
import sys
from gateway.cli import main
try:
    main({args!r}, prog_name="pesagate")
except SystemExit:
    pass
print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)
"""


def heavy_modules(*args: str) -> str:
    code = IMPORTED_BY.format(args=list(args), heavy=set(HEAVY))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr.strip()


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["--version"], ["keys", "--help"], ["chekc"]])
def test_help_imports_nothing_heavy(args: list[str]) -> None:
    assert heavy_modules(*args).splitlines()[-1] == "[]"


def test_the_help_lists_every_command_with_its_line(run) -> None:
    help = run("--help").stdout

    assert list(COMMANDS) == [line.split()[0] for line in help.partition("Commands:")[2].splitlines() if line.strip()]
    for row in COMMANDS.values():
        assert row.help in help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_imported_and_has_help(name: str, run) -> None:
    shown = run(name, "--help")

    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(f"Usage: pesagate {name} ")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_commands_name_in_the_table_is_its_own(name: str) -> None:
    command = main.get_command(main.make_context("pesagate", [name]), name)

    assert command is not None
    assert command.name == name


def test_the_version_is_the_packages(run) -> None:
    assert run("--version").stdout == f"pesagate {gateway.__version__}\n"


def test_an_unknown_command_is_named_and_ends_with_2(run) -> None:
    failed = run("chekc")

    assert failed.returncode == 2
    assert "No such command 'chekc'" in failed.stderr


class TestConfig:
    """-c before the command, after it, $PESAGATE_CONFIG, ./pesagate.yaml: the nearest to the command wins."""

    def test_after_the_command(self, run, config: Path) -> None:
        assert run("urls", "-c", config).returncode == 0

    def test_before_the_command(self, run, config: Path) -> None:
        assert run("-c", config, "urls").returncode == 0

    def test_after_wins_over_before(self, run, config: Path) -> None:
        assert run("-c", "nowhere.yaml", "urls", "--config", config).returncode == 0
        assert run("-c", config, "urls", "--config", "nowhere.yaml").returncode != 0

    def test_the_environment(self, run, config: Path) -> None:
        assert run("urls", PESAGATE_CONFIG=str(config)).returncode == 0

    def test_before_wins_over_the_environment(self, run, config: Path) -> None:
        assert run("-c", config, "urls", PESAGATE_CONFIG="nowhere.yaml").returncode == 0

    def test_an_empty_variable_is_none(self, run, config: Path) -> None:
        config.rename(config.parent.parent / "pesagate.yaml")
        (config.parent / "secrets").rename(config.parent.parent / "secrets")

        assert run("urls", PESAGATE_CONFIG="").returncode == 0

    def test_the_default_is_told_when_it_is_missing(self, run) -> None:
        failed = run("urls")

        assert failed.returncode == 78
        assert "pesagate.yaml" in failed.stderr
        assert "Traceback" not in failed.stderr


class TestFailure:
    """Errors that are meant for a person: a sentence, an exit code, no traceback."""

    def test_a_bad_configuration_tells_its_problems_and_ends_with_78(self, run, config: Path) -> None:
        config.write_text(config.read_text().replace("type: paybill", "type: paybil"))

        failed = run("urls", "-c", config)

        assert failed.returncode == 78
        assert failed.stdout == ""
        *problems, last = failed.stderr.splitlines()
        assert any("paybil" in problem for problem in problems)
        assert last.startswith("1 error, ")
        assert last.endswith(": the configuration was NOT loaded")
        assert "Traceback" not in failed.stderr

    def test_another_error_is_one_sentence_and_ends_with_1(self, run, config: Path) -> None:
        failed = run("init", config.parent)

        assert failed.returncode == 1
        assert failed.stderr == (
            f"pesagate: {config} is already there and is not overwritten: choose another folder, or move it away.\n"
        )

    def test_a_reader_that_goes_away_is_no_error_to_talk_about(self, config: Path) -> None:
        command = Path(sys.executable).with_name("pesagate")
        reading, writing = os.pipe()
        os.close(reading)

        with os.fdopen(writing, "w") as gone:
            ended = subprocess.run(
                [command, "urls", "-c", config], stdout=gone, stderr=subprocess.PIPE, text=True, check=False
            )

        assert ended.stderr == ""

    def test_an_interrupt_ends_with_130_and_without_a_traceback(self) -> None:
        code = """
import os, signal
from gateway import cli
from gateway.cli.lazy_group import LazyGroup, Row
import click, sys, types
@click.command()
def wait():
    os.kill(os.getpid(), signal.SIGINT)
sys.modules["waiting"] = types.SimpleNamespace(wait=wait)
LazyGroup({"wait": Row("waiting:wait", "")}, name="x")(["wait"])
"""
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

        assert ended.returncode == 130
        assert "Traceback" not in ended.stderr


def test_keys_new_prints_so_many_keys(run) -> None:
    lines = run("keys", "new", "-n", "3").stdout.split()

    assert len(set(lines)) == 3
    assert {len(line) for line in lines} == {32}


@pytest.mark.parametrize("name", ["config", "event", "http", "database", "export"])
def test_schema_prints_a_valid_json_schema(name: str, run) -> None:
    from jsonschema.validators import validator_for

    schema = json.loads(run("schema", name).stdout)

    assert schema["properties"]
    validator_for(schema).check_schema(schema)
