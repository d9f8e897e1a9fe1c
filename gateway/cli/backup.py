"""`pesagate backup`: copy the store while the gateway runs."""

from pathlib import Path

import click

from gateway import app
from gateway.cli.config_option import config_option
from gateway.cli.progress import Bar
from gateway.store.backup import backup as copy_store
from gateway.store.backup import check_target, other_way
from gateway.store.prepare import existing

# Not done, but said how: scripts can tell it from a failure.
ELSEWHERE_EXIT = 3


@click.command()
@config_option
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Replace the file without asking, if it is there.")
@click.pass_context
def backup(ctx: click.Context, config: Path, file: Path, yes: bool) -> None:
    """Copy the store to FILE while the gateway runs: one moment of it, checked, and there only when it is whole."""
    store_url = app.load_settings(config).store_url
    command = other_way(store_url, file)
    if command is not None:
        click.echo(command)
        click.echo("The store is a server's: run this command; the password comes from ~/.pgpass.", err=True)
        ctx.exit(ELSEWHERE_EXIT)
    existing(store_url)
    # Before the question, which could only have been answered wrongly.
    check_target(store_url, file)
    if file.is_file() and not yes:
        click.confirm(f"{file} is there already. Replace it?", abort=True, err=True)
    with Bar("Copying", 1) as bar:
        size = copy_store(store_url, file, bar.at)
    click.echo(f"{file}: {size} bytes, checked")
