"""`pesagate config`: the configuration as it is in force, secrets masked, with the origin of every value."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from gateway import app
from gateway.cli.config_option import config_option
from gateway.settings import Entry, dotted, shown_key

_COMMENT_COLUMN = 56


@click.group("config")
def config_group() -> None:
    """Show the configuration."""


@config_group.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a value: key, value, file, line.")
def show(config: Path, as_json: bool) -> None:
    """Show every value that is in force, defaults, included files and recipes too, and where it comes from.

    Secrets are masked. Without --json the output is YAML that says the same as the configuration.
    """
    app.load_settings(config)
    entries = app.effective(config)
    for line in map(_as_json, entries) if as_json else _as_yaml(entries, config.parent):
        click.echo(line)


def _as_json(entry: Entry) -> str:
    place = entry.place
    told = {
        "key": dotted(entry.steps),
        "value": entry.value,
        "file": None if place is None else place.file,
        "line": None if place is None else place.line,
    }
    return json.dumps(told, ensure_ascii=False)


def _as_yaml(entries: Iterable[Entry], folder: Path) -> Iterator[str]:
    before: tuple[Any, ...] = ()
    for entry in entries:
        shared = _shared(before, entry.steps)
        for depth in range(shared, len(entry.steps) - 1):
            yield f"{'  ' * depth}{_opening(entry.steps[depth])}"
        depth = len(entry.steps) - 1
        line = f"{'  ' * depth}{_opening(entry.steps[depth])} {json.dumps(entry.value, ensure_ascii=False)}"
        yield f"{line:<{_COMMENT_COLUMN}}  # {_origin(entry, folder)}"
        before = entry.steps


def _shared(before: tuple[Any, ...], steps: tuple[Any, ...]) -> int:
    """Return how many of the keys around a value are open already."""
    number = 0
    while number < min(len(before), len(steps)) - 1 and before[number] == steps[number]:
        number += 1
    return number


def _opening(step: str | int) -> str:
    return "-" if isinstance(step, int) else f"{shown_key(step)}:"


def _origin(entry: Entry, folder: Path) -> str:
    if entry.place is None:
        return "default"
    return f"{os.path.relpath(entry.place.file, folder)}:{entry.place.line}"
