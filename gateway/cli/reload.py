"""`pesagate plan` and `pesagate reload`: another configuration for the gateway that runs."""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click

from gateway.app import settings_to_serve
from gateway.app.reloading import REFUSED, RELOADED, planned, running_gateway
from gateway.cli.config_option import config_option
from gateway.cli.failure import CONFIGURATION_EXIT
from gateway.domain.errors import PesagateError

_LIMIT_S = 120.0
_LOOK_EVERY_S = 0.1


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a change.")
def plan(config: Path, as_json: bool) -> None:
    """Show what a reload would change in the running gateway. Secrets are masked; what they are is not compared."""
    changes, refused = planned(config)
    for change in changes:
        told = {"key": change.key, "old": change.old, "new": change.new}
        click.echo(json.dumps(told, ensure_ascii=False) if as_json else str(change))
    if not changes and not as_json:
        click.echo("no value differs; a reload reads secret files once more")
    for sentence in refused:
        click.echo(sentence, err=True)
    if refused:
        sys.exit(CONFIGURATION_EXIT)


@click.command("reload")
@config_option
def reload_(config: Path) -> None:
    """Have the running gateway read its configuration once more, and wait until it has.

    Ends with 78, and nothing has changed, where the configuration has a mistake or needs a restart.
    """
    running = running_gateway(settings_to_serve(config))
    os.kill(running["pid"], signal.SIGHUP)
    answer = _answer(config, running["number"])
    if answer["state"] == RELOADED:
        click.echo("\n".join(["reloaded:", *answer["lines"]]) if answer["lines"] else "reloaded: no value differs")
        return
    click.echo("\n".join([*answer["lines"], f"{answer['state']}: nothing has changed"]), err=True)
    sys.exit(CONFIGURATION_EXIT if answer["state"] == REFUSED else 1)


def _answer(config: Path, before: int) -> dict[str, Any]:
    """Wait for what the gateway says of a reload later than that number."""
    deadline = time.monotonic() + _LIMIT_S
    while time.monotonic() < deadline:
        running = running_gateway(settings_to_serve(config))
        if running["number"] > before and running["answer"] is not None:
            return dict(running["answer"])
        time.sleep(_LOOK_EVERY_S)
    raise PesagateError(f"The gateway has not said within {_LIMIT_S:.0f} s what came of it: look into its log.")
