"""`pesagate serve`: run the gateway."""

import sys
from pathlib import Path

import click

from gateway import app, logs
from gateway.cli.config_option import config_option


@click.command()
@config_option
def serve(config: Path) -> None:
    """Run the gateway until SIGTERM or ^C."""
    logs.configure()
    sys.exit(app.serve(app.settings_to_serve(config)))
