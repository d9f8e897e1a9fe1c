"""`pesagate quarantine`: what was kept but became no event, and taking it once more."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import Engine

from gateway import app
from gateway.cli import option_values
from gateway.cli.config_option import config_option
from gateway.cli.events import columns, dump, json_option, opened_store, tenant_option
from gateway.cli.failure import plural
from gateway.cli.progress import tracked
from gateway.domain.errors import PesagateError
from gateway.domain.received import Quarantined, Question
from gateway.domain.settings import Settings
from gateway.store import queries
from gateway.store.page import of_tenant, only
from gateway.store.prepare import require
from gateway.store.reprocess import Refused, Reviewed, open_rows, reprocess_all
from gateway.store.reprocess import resolve as mark_resolved

_SHOWN = ("id", "tenant", "shortcode", "kind", "reason", "seen", "received_at", "path", "detail")

_REFUSED = "still set aside: the store refuses it"


@click.group(invoke_without_command=True)
@config_option
@json_option
@tenant_option
@click.pass_context
def quarantine(ctx: click.Context, config: Path, as_json: bool, tenant: str | None) -> None:
    """List the callbacks that were kept but could not become an event."""
    if ctx.invoked_subcommand is not None:
        return
    with opened_store(config) as (_, connection):
        for row in queries.quarantined(connection, of_tenant(tenant)):
            click.echo(dump(row) if as_json else columns(row, _SHOWN))


@quarantine.command()
@config_option
@click.argument("row_id", type=int)
def body(config: Path, row_id: int) -> None:
    """Print the bytes of one quarantined callback exactly as they came."""
    with opened_store(config) as (_, connection):
        found = queries.quarantined_body(connection, row_id)
    if found is None:
        raise PesagateError(f"There is no quarantine row {row_id}: `pesagate quarantine` lists them.")
    sys.stdout.buffer.write(found)


@quarantine.command()
@config_option
@click.argument("row_id", type=int)
def resolve(config: Path, row_id: int) -> None:
    """Mark one quarantined callback as dealt with. Its bytes stay; if they come again, it comes up again."""
    with require(app.load_settings(config).store_url, config).begin() as connection:
        if not mark_resolved(connection, row_id):
            raise PesagateError(f"There is no open quarantine row {row_id}: `pesagate quarantine` lists them.")


@quarantine.command()
@config_option
@json_option
@tenant_option
@click.argument("row_ids", nargs=-1, type=int)
@click.option("--reason", metavar="R", help="Only those set aside for this reason, such as new_shape.")
@click.option(
    "--since", type=option_values.TIMES, metavar="TIME", help="Only those that came from then on, Nairobi time."
)
@click.option("--dry-run", is_flag=True, help="Only say how many.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reprocess(
    config: Path,
    row_ids: tuple[int, ...],
    as_json: bool,
    tenant: str | None,
    reason: str | None,
    since: datetime | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Take quarantined callbacks once more, with the present configuration and schemas.

    ROW_IDS are those that `pesagate quarantine` lists; without any, all that the options choose. What becomes an event
    does so once, however often this is run.
    """
    settings = app.load_settings(config)
    engine = require(settings.store_url, settings.path)
    with queries.reading(engine) as connection:
        closed = set(row_ids).difference(open_rows(connection, row_ids)) if row_ids else set()
        chosen = open_rows(connection, row_ids, only(tenant), reason, option_values.nairobi(since))
    if closed:
        named = ", ".join(map(str, sorted(closed)))
        raise PesagateError(f"Not an open quarantine row: {named}. `pesagate quarantine` lists them; none was taken.")
    click.echo(f"{len(chosen)} callbacks to take once more", err=as_json)
    if dry_run or not chosen:
        return
    if not yes and len(chosen) > 1:
        click.confirm("Take them?", abort=True, err=True)
    counts: Counter[str] = Counter()
    for reviewed in tracked(_reviewed(settings, engine, chosen), len(chosen), "Reprocessing"):
        became = _became(reviewed)
        counts[became] += 1
        if isinstance(reviewed, Refused):
            click.echo(f"{reviewed.id} is still set aside: the store refuses it: {reviewed.cause}", err=True)
        if as_json:
            click.echo(dump({"id": str(reviewed.id), "became": became}))
    if not as_json:
        for became, number in sorted(counts.items()):
            click.echo(f"{number:7}  {became}")
    if counts[_REFUSED]:
        raise PesagateError(
            f"{plural(counts[_REFUSED], 'callback')} could not be taken; all the others were looked at."
        )


def _reviewed(settings: Settings, engine: Engine, ids: Sequence[int]) -> Iterator[Reviewed | Refused]:
    # No lists of references: a question of long ago is not decided again.
    hooks = app.compile_hooks(settings, lambda *_: None)
    return reprocess_all(engine, ids, lambda connection, chunk: app.reprocess(settings, hooks, connection, chunk))


def _became(reviewed: Reviewed | Refused) -> str:
    if isinstance(reviewed, Refused):
        return _REFUSED
    if isinstance(reviewed.received, Quarantined):
        return f"still set aside: {reviewed.received.reason.value}"
    if isinstance(reviewed.received, Question) or reviewed.settled is None:
        return "a question of long ago: nothing to do"
    return reviewed.settled.disposition.value
