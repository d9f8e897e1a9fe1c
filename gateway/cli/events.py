"""`pesagate events`, `questions`, `deliveries`: what the store knows, for people and for scripts."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from gateway import app
from gateway.cli.config_option import config_option
from gateway.cli.printable import printable
from gateway.domain.event import Event
from gateway.domain.settings import Settings
from gateway.domain.times import utc_now
from gateway.store import queries
from gateway.store.lanes import read_lanes
from gateway.store.page import of_tenant
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
        for event in queries.events(connection, of_tenant(tenant), with_raw=raw):
            click.echo(dump(event.as_dict(frozenset({"raw", "balances"} if raw else ()))) if as_json else _line(event))


@click.command()
@config_option
@json_option
@tenant_option
@click.option("--state", type=click.Choice(["pending", "delivered", "dead"]), help="Only those in this state.")
def deliveries(config: Path, as_json: bool, tenant: str | None, state: str | None) -> None:
    """List the deliveries and where they stand."""
    with opened_store(config) as (settings, connection):
        parked = {name for name, lane in read_lanes(connection).items() if lane.parked_at is not None}

        def is_served(owner: str, name: str) -> bool:
            return settings.destination(owner, name) is not None and (owner, name) not in parked

        for row in queries.deliveries(connection, utc_now(), is_served, of_tenant(tenant), state):
            click.echo(dump(row) if as_json else columns(row, _DELIVERY))


@click.command()
@config_option
@json_option
@tenant_option
@click.option("--receipt", metavar="R", help="Only those about this receipt.")
def questions(config: Path, as_json: bool, tenant: str | None, receipt: str | None) -> None:
    """List the C2B validations: what was asked, what was answered, and which rule decided it."""
    with opened_store(config) as (_, connection):
        for row in queries.questions(connection, tenant, receipt):
            click.echo(dump(row) if as_json else columns(row, _QUESTION))


_DELIVERY = ("event_id", "tenant", "destination", "state", "waiting_for", "attempts", "due_at", "reason")

_QUESTION = ("received_at", "tenant", "shortcode", "receipt", "account_reference", "amount", "decision", "because")


@contextmanager
def opened_store(config: Path) -> Iterator[tuple[Settings, Connection]]:
    """Give the settings, and a connection that reads their store. Raises PesagateError where there is none yet."""
    settings = app.load_settings(config)
    with queries.reading(require(settings.store_url, settings.path)) as connection:
        yield settings, connection


def dump(row: Mapping[str, Any]) -> str:
    """Return a row as one JSON object."""
    return json.dumps(row, ensure_ascii=False)


def _line(event: Event) -> str:
    told = event.as_dict()
    names = ("received_at", "tenant", "shortcode", "type", "amount", "receipt", "account_reference", "id")
    return columns(told, names)


def columns(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the named values of a row as a line."""
    return printable("  ".join("-" if row[name] is None else str(row[name]) for name in names))
