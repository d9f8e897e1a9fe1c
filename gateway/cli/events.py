"""`pesagate events`, `quarantine`, `deliveries`: what the store knows, for people and for scripts."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from gateway import app
from gateway.cli.config_option import config_option
from gateway.domain.errors import PesagateError
from gateway.domain.event import Event
from gateway.domain.settings import Settings
from gateway.domain.times import utc_now
from gateway.store import queries
from gateway.store.prepare import require

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
tenant_option = click.option("--tenant", metavar="T", help="Only this tenant's.")


@click.command()
@config_option
@json_option
@tenant_option
@click.option("--raw", is_flag=True, help="With --json: add the callback's own text and the balances.")
def events(config: Path, as_json: bool, tenant: str | None, raw: bool) -> None:
    """List the events in the order they were made. The JSON form shows the payer; the plain one does not."""
    with opened_store(config) as (_, connection):
        for event in queries.events(connection, tenant, with_raw=raw):
            click.echo(_dump(event.as_dict(frozenset({"raw", "balances"} if raw else ()))) if as_json else _line(event))


@click.command()
@config_option
@json_option
@tenant_option
@click.option("--state", type=click.Choice(["pending", "delivered", "dead"]), help="Only those in this state.")
def deliveries(config: Path, as_json: bool, tenant: str | None, state: str | None) -> None:
    """List the deliveries and where they stand."""
    with opened_store(config) as (settings, connection):

        def configured(owner: str, name: str) -> bool:
            return settings.destination(owner, name) is not None

        for row in queries.deliveries(connection, utc_now(), configured, tenant, state):
            click.echo(_dump(row) if as_json else _columns(row, _DELIVERY))


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
        for row in queries.quarantined(connection, tenant):
            click.echo(_dump(row) if as_json else _columns(row, _QUARANTINE))


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


_DELIVERY = ("event_id", "tenant", "destination", "state", "waiting_for", "attempts", "due_at", "reason")
_QUARANTINE = ("id", "tenant", "shortcode", "kind", "reason", "seen", "received_at", "path", "detail")


@contextmanager
def opened_store(config: Path) -> Iterator[tuple[Settings, Connection]]:
    """Give the settings, and a connection that reads their store. Raises PesagateError where there is none yet."""
    settings = app.load_settings(config)
    with queries.reading(require(settings.store_url)) as connection:
        yield settings, connection


def _dump(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _line(event: Event) -> str:
    told = event.as_dict()
    names = ("received_at", "tenant", "shortcode", "type", "amount", "receipt", "account_reference", "id")
    return _columns(told, names)


def _columns(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return "  ".join("-" if row[name] is None else str(row[name]) for name in names)
