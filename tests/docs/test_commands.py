"""Every command and every option of it is documented, and nothing is documented that does not exist."""

import re
from pathlib import Path

import click
import pytest

from gateway.cli import COMMANDS, main

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs/commands.md").read_text("utf-8")
# Told once for all commands.
COMMON = {"-c", "--config", "-h", "--help"}


def section(name: str) -> str:
    found = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/commands.md has no section {name}"
    return found[1]


def commands(name: str) -> list[click.Command]:
    """The command, and those below it if it is a group."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    return [command, *(command.commands.values() if isinstance(command, click.Group) else ())]


def options(name: str) -> set[str]:
    parameters = (parameter for command in commands(name) for parameter in command.params)
    found = {
        spelling
        for parameter in parameters
        if isinstance(parameter, click.Option) and not parameter.hidden
        for spelling in (*parameter.opts, *parameter.secondary_opts)
    }
    return found - COMMON


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_the_commands_table_and_no_other(name: str) -> None:
    rows = re.findall(r"^\| (`-.*?) \|", section(name), re.MULTILINE)
    documented = {option for row in rows for option in re.findall(r"`(-[^`]+)`", row)}

    assert documented == options(name)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_commands_section_shows_how_it_is_called(name: str) -> None:
    assert f"`pesagate {name}" in section(name)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_the_readme(name: str) -> None:
    assert f"| `pesagate {name}" in (CHECKOUT / "README.md").read_text("utf-8")


def test_no_section_tells_of_a_command_that_is_not_there() -> None:
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE)[1:] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_subcommands_are_documented(name: str) -> None:
    for command in commands(name)[1:]:
        assert f"`pesagate {name} {command.name}" in section(name)
