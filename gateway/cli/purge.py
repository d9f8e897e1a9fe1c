"""`pesagate purge`: take away what is older than the configuration keeps it."""

from collections.abc import Sequence
from pathlib import Path

import click

from gateway import app
from gateway.cli.config_option import config_option
from gateway.cli.events import dump, json_option
from gateway.cli.progress import Bar
from gateway.domain.times import nairobi_text, utc_now
from gateway.store.prepare import require
from gateway.store.purge import Portion, portions
from gateway.store.purge import purge as take_away
from gateway.store.queries import reading

_WORDS = {
    "raw": "bodies of callbacks",
    "attempts": "attempts",
    "questions": "C2B validations",
    "quarantine": "resolved callbacks in quarantine",
    "payer": "events with their payer",
}


@click.command()
@config_option
@json_option
@click.option("--dry-run", is_flag=True, help="Only count.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge(config: Path, as_json: bool, dry_run: bool, yes: bool) -> None:
    """Take away what is older than `store.retention` says, beside a running gateway. It counts first, and asks.

    Payments, events (but for their payer, where that is told), ids, conflicts, dead letters and what is open are kept.
    """
    settings = app.load_settings(config)
    engine = require(settings.store_url, settings.path)
    with reading(engine) as connection:
        chosen = portions(connection, settings.retention, utc_now())
    _tell(chosen, as_json)
    total = sum(portion.rows for portion in chosen)
    if dry_run or not total:
        return
    if not yes:
        click.confirm("Take them away?", abort=True, err=True)
    with Bar("Purging", total) as bar:
        gone = sum(bar.moved(rows) for _, rows in take_away(engine, chosen))
    click.echo(f"{gone} rows purged", err=as_json)


def _tell(chosen: Sequence[Portion], as_json: bool) -> None:
    if not chosen:
        click.echo("store.retention keeps everything for ever: there is nothing to purge.", err=as_json)
    for portion in chosen:
        click.echo(dump(_row(portion)) if as_json else _line(portion))


def _row(portion: Portion) -> dict[str, object]:
    return {
        "name": portion.name,
        "older_than": nairobi_text(portion.older_than),
        "rows": portion.rows,
        "kept": portion.kept,
    }


def _line(portion: Portion) -> str:
    kept = f", {portion.kept} more are still needed" if portion.kept else ""
    return f"{portion.rows:9} {_WORDS[portion.name]} from before {nairobi_text(portion.older_than)}{kept}"
