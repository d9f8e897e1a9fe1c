"""The option -c/--config: before the command, after it, or from the environment."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

VARIABLE = "PESAGATE_CONFIG"
DEFAULT = Path("pesagate.yaml")

F = TypeVar("F", bound=Callable[..., Any])


def config_option(command: F) -> F:
    """Give a command the parameter `config`: the path of its configuration file."""
    return click.option(
        "-c",
        "--config",
        "config",
        type=click.Path(path_type=Path),
        callback=_resolve,
        metavar="FILE",
        help=f"The configuration file.  [default: ${VARIABLE}, else {DEFAULT}]",
    )(command)


def group_config_option(group: F) -> F:
    """Let `main` take the option before the command; its value waits there until the command asks for it."""
    return click.option(
        "-c",
        "--config",
        "config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=f"The configuration file; may stand after the command too.  [default: ${VARIABLE}, else {DEFAULT}]",
    )(group)


def _resolve(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path:
    return value or _before(ctx) or Path(os.environ.get(VARIABLE) or DEFAULT)


def _before(ctx: click.Context) -> Path | None:
    parent = ctx.parent
    while parent is not None:
        found = parent.params.get("config")
        if isinstance(found, Path):
            return found
        parent = parent.parent
    return None
