"""A click group whose commands are imported when they are run, not when they are listed."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

from gateway.cli.failure import failure
from gateway.domain.errors import PesagateError

_INTERRUPTED = 130


class Row(NamedTuple):
    """One command: where its code is ("module:attribute") and its line in the help."""

    target: str
    help: str


class LazyGroup(click.Group):
    """Group over a table of rows. Also the one place where errors meant for a person become text and exit code."""

    def __init__(self, rows: Mapping[str, Row], **kwargs: Any) -> None:
        # The stubs make click list and suggest the names; get_command puts the real command in their place.
        stubs = {name: click.Command(name, short_help=row.help) for name, row in rows.items()}
        super().__init__(commands=stubs, **kwargs)
        self.rows = rows

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the table: the order in which a newcomer needs them."""
        return list(self.rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command."""
        row = self.rows.get(cmd_name)
        if row is None:
            return None
        module, _, attribute = row.target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.help) for name, row in self.rows.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; tell a PesagateError without traceback, end quietly on ^C."""
        try:
            result = super().invoke(ctx)
            # Here, so that a reader who has gone (`| head`) is noticed while click can still be quiet about it.
            sys.stdout.flush()
        except PesagateError as error:
            raise failure(error) from error
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)
        return result
