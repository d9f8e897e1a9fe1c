"""`pesagate replay`: one more attempt, because a person asks for it."""

from datetime import datetime
from pathlib import Path

import click

from gateway import app
from gateway.cli import option_values
from gateway.cli.config_option import config_option
from gateway.cli.progress import Bar
from gateway.domain.errors import PesagateError
from gateway.store.page import only
from gateway.store.prepare import require
from gateway.store.queries import reading
from gateway.store.replays import Wanted, meant, waiting_anyway


@click.command()
@config_option
@click.argument("names", nargs=-1)
@click.option("--tenant", metavar="T", help="Only this tenant's.")
@click.option("--destination", metavar="D", help="Only deliveries to this destination.")
@click.option("--reason", metavar="R", help="Only those that ended with this reason, such as http_500.")
@click.option("--since", type=option_values.TIMES, metavar="TIME", help="Only events made from then on, Nairobi time.")
@click.option("--until", type=option_values.TIMES, metavar="TIME", help="Only events made before then, Nairobi time.")
@click.option("--again", is_flag=True, help="Those that were delivered too: their destination gets them once more.")
@click.option("--dry-run", is_flag=True, help="Only say how many.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def replay(
    config: Path,
    names: tuple[str, ...],
    tenant: str | None,
    destination: str | None,
    reason: str | None,
    since: datetime | None,
    until: datetime | None,
    again: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Make dead letters, and deliveries that wait for review, due once more: same event, next attempt.

    NAMES are receipts, event ids or any other ids; without any, all that the options choose. Events that no route took
    are routed by the present configuration.
    """
    settings = app.load_settings(config)
    engine = require(settings.store_url, settings.path)
    with reading(engine) as connection:
        payments, events, unknown = meant(connection, names, only(tenant))
        if unknown:
            raise PesagateError(f"Nothing is known of {', '.join(unknown)}: `pesagate explain` searches everywhere.")
        wanted = Wanted(
            payments=payments,
            events=events,
            tenants=only(tenant),
            destination=destination,
            reason=reason,
            since=option_values.nairobi(since),
            until=option_values.nairobi(until),
            again=again,
        )
        chosen = app.choose_replays(settings, connection, wanted)
        waiting = 0 if chosen else waiting_anyway(connection, wanted)
    click.echo(f"{_deliveries(len(chosen))} to replay")
    if waiting:
        click.echo(f"{_deliveries(waiting)} of these will be tried without a replay; `pesagate deliveries` tells when")
    if dry_run or not chosen:
        return
    if not yes and (len(chosen) > 1 or again):
        click.confirm("Replay them?", abort=True)
    with Bar("Replaying", len(chosen)) as bar:
        made = sum(bar.moved(number) for number in app.replay(engine, chosen))
    click.echo(f"{made} are due now; `pesagate deliveries` shows how they go")


def _deliveries(number: int) -> str:
    return f"{number} {'delivery' if number == 1 else 'deliveries'}"
