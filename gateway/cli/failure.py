"""How an error that is meant for a person is shown: a text on stderr and an exit code, never a traceback."""

from collections.abc import Sequence

import click

from gateway.domain.errors import ConfigurationError, PesagateError


class Failure(click.ClickException):
    """A text for stderr, exit code 1."""

    exit_code = 1

    def show(self, file: object = None) -> None:  # noqa: ARG002
        """Write the text as it is; click's own form would put 'Error: ' before it."""
        click.echo(self.message, err=True)


# sysexits.h EX_CONFIG: systemd and scripts can tell a bad configuration from any other failure.
CONFIGURATION_EXIT = 78


class ConfigurationFailure(Failure):
    """The configuration is at fault."""

    exit_code = CONFIGURATION_EXIT


def failure(error: PesagateError) -> Failure:
    """Return how a PesagateError is shown."""
    if isinstance(error, ConfigurationError):
        lines = [*map(str, error.problems), f"{count(error.problems)}: the configuration was NOT loaded"]
        return ConfigurationFailure("\n".join(lines))
    return Failure(f"pesagate: {error}")


def count(problems: Sequence[object]) -> str:
    """Return how many problems there are, e.g. "2 errors, 1 warning"."""
    warnings = sum(getattr(problem, "severity", "error") == "warning" for problem in problems)
    return f"{plural(len(problems) - warnings, 'error')}, {plural(warnings, 'warning')}"


def plural(number: int, noun: str) -> str:
    """Return a number with its noun, e.g. "1 route", "2 routes"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
