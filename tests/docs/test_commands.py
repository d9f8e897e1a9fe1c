"""Every command and every option of it is documented, and nothing is documented that does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway.cli import COMMANDS, main

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs/commands.md").read_text("utf-8")
# Told once for all commands.
COMMON = {"-c", "--config", "-h", "--help"}
CODE = re.compile(r"^```(?:sh)?\n(?P<block>.*?)^```|`(?P<inline>[^`\n]+)`", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"(?:^|[\s/(])pesagate (?P<words>(?:-c \S+ )?[a-z][^\n#|&;)]*)", re.MULTILINE)


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


def calls(text: str) -> Iterator[list[str]]:
    """Every `pesagate ...` that stands in code, as its words, without the configuration's name."""
    for code in CODE.finditer(text):
        for call in CALL.finditer((code["block"] or code["inline"]).replace("\\\n", " ")):
            yield re.sub(r"-c \S+", "", call["words"]).split()


def unknown(words: list[str]) -> list[str]:
    """What of a call does not exist: the command, or options of it."""
    name = words[0]
    if name not in COMMANDS:
        return [name]
    spelled = {word.partition("=")[0] for word in words[1:] if re.match(r"--?[a-z]", word)}
    return sorted(spelled - options(name) - COMMON)


def test_every_call_in_the_documents_is_one_that_there_is(document: Path) -> None:
    found = [(words, wrong) for words in calls(document.read_text("utf-8")) if (wrong := unknown(words))]

    assert found == []


def test_a_call_that_there_is_not_would_be_found() -> None:
    text = "`pesagate chek`\n```sh\n/opt/bin/pesagate -c a.yaml replay --sinse 2026-11-24 --yes\n```\n"

    assert [unknown(words) for words in calls(text)] == [["chek"], ["--sinse"]]
