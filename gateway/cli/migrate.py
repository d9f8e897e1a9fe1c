"""`pesagate migrate`: bring the tables of an older release up to date."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click

from gateway import app
from gateway.cli.config_option import config_option
from gateway.cli.failure import plural
from gateway.cli.progress import tracked
from gateway.domain.errors import StoreError
from gateway.domain.settings import Secret
from gateway.store.lock import StoreLock
from gateway.store.migrations.run import make, migrating
from gateway.store.migrations.steps import Step, steps
from gateway.store.prepare import existing, telling
from gateway.store.queries import reading
from gateway.store.tables import SCHEMA_VERSION
from gateway.store.version import objection, read_version


@click.command()
@config_option
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask before steps that destroy something.")
def migrate(config: Path, dry_run: bool, yes: bool) -> None:
    """Bring the tables of an older release up to date. Make a `pesagate backup` first.

    Each step is made whole or not at all, so that it may be interrupted and run again.
    """
    store_url = app.load_settings(config).store_url
    with reading(existing(store_url)) as connection:
        found = read_version(connection)
    said = objection(found, SCHEMA_VERSION)
    if found is None or (said and found.number > SCHEMA_VERSION):
        raise StoreError(said or "")
    # Newer tables on which this release works: its successor has made them, and nothing is left to do here.
    chosen = steps(found.number) if found.number < SCHEMA_VERSION else ()
    _tell(found.number, chosen)
    if dry_run or not chosen:
        return
    if any(step.destroys for step in chosen) and not yes:
        click.confirm("Make them?", abort=True)
    with _alone(store_url, found.number, chosen), telling(store_url):
        engine = migrating(store_url)
        for step in tracked(chosen, len(chosen), "Migrating"):
            click.echo(f"{step.version.number}: {'done' if make(engine, step) else 'somebody else has done it'}")


def _tell(number: int, chosen: Sequence[Step]) -> None:
    if not chosen:
        click.echo(f"The store has tables of version {number}: there is nothing to do.")
        return
    click.echo(f"The store has tables of version {number}, {plural(len(chosen), 'step')} to {SCHEMA_VERSION}:")
    for step in chosen:
        click.echo(f"{step.version.number}: {step.title}")
        if step.destroys:
            click.echo(f"   destroys {step.destroys}")


def _alone(store_url: Secret, number: int, chosen: Sequence[Step]) -> AbstractContextManager[None]:
    """Keep gateways off the store where one of the release before could not go on working on what comes out."""
    if all(step.may_run_beside(number) for step in chosen):
        return nullcontext()
    return StoreLock(store_url, "these steps need it to be stopped first")
