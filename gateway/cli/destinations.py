"""`pesagate destinations`: how they stand; park one, let one go on."""

import json
from pathlib import Path
from typing import Any

import click

from gateway import app
from gateway.cli.config_option import config_option
from gateway.cli.events import columns, dump, json_option, opened_store, tenant_option
from gateway.domain.errors import PesagateError
from gateway.domain.settings import Settings
from gateway.domain.times import utc_now
from gateway.store import lanes
from gateway.store.destinations import standings
from gateway.store.prepare import require
from gateway.store.queries import reading

_SHOWN = ("tenant", "destination", "state", "pending", "waiting", "dead", "oldest_pending", "last_at", "last_answer")


@click.group(invoke_without_command=True)
@config_option
@json_option
@tenant_option
@click.pass_context
def destinations(ctx: click.Context, config: Path, as_json: bool, tenant: str | None) -> None:
    """List the destinations: what waits, what is dead, whether they are out of order or parked."""
    if ctx.invoked_subcommand is not None:
        return
    now = utc_now()
    with opened_store(config) as (settings, connection):
        for standing in standings(connection, _configured(settings), now):
            if tenant in (None, standing.name[0]):
                row = standing.as_dict(now)
                click.echo(dump(row) if as_json else columns({**row, "state": _state(row)}, _SHOWN))


@destinations.command()
@config_option
@json_option
@tenant_option
@click.argument("name")
def park(config: Path, as_json: bool, tenant: str | None, name: str) -> None:
    """Let the deliveries to a destination wait until `resume`. Nothing is dropped; a running gateway sees it."""
    settings = app.load_settings(config)
    chosen = _chosen(settings, name, tenant)
    with require(settings.store_url, settings.path).begin() as connection:
        news = lanes.park(connection, chosen, utc_now())
    _say(settings, as_json, chosen, f"{name} is parked" if news else f"{name} was parked already")


@destinations.command()
@config_option
@json_option
@tenant_option
@click.argument("name")
def resume(config: Path, as_json: bool, tenant: str | None, name: str) -> None:
    """Let a destination go on at once, whatever held it: parked, out of order, or asked to be left alone."""
    settings = app.load_settings(config)
    chosen = _chosen(settings, name, tenant)
    with require(settings.store_url, settings.path).begin() as connection:
        before = lanes.resume(connection, chosen, utc_now())
    was_held = before.parked_at or before.opened_at or before.held_until
    _say(settings, as_json, chosen, f"{name} goes on" if was_held else f"{name} was not held")


def _configured(settings: Settings) -> list[lanes.Name]:
    return [(tenant.id, name) for tenant in settings.tenants.values() for name in tenant.destinations]


def _chosen(settings: Settings, name: str, tenant: str | None) -> lanes.Name:
    """Return the one destination that is meant. Raises PesagateError where there is none, or more than one."""
    found = [each for each in _configured(settings) if each[1] == name and tenant in (None, each[0])]
    if not found:
        known = ", ".join(sorted({each for owner, each in _configured(settings) if tenant in (None, owner)}))
        raise PesagateError(f"No destination is called {name}; there are: {known or 'none'}.")
    if len(found) > 1:
        owners = ", ".join(sorted(owner for owner, _ in found))
        raise PesagateError(f"More than one tenant has a destination {name}: name one with --tenant ({owners}).")
    return found[0]


def _say(settings: Settings, as_json: bool, chosen: lanes.Name, sentence: str) -> None:
    now = utc_now()
    with reading(require(settings.store_url, settings.path)) as connection:
        (standing,) = (one for one in standings(connection, [chosen], now) if one.name == chosen)
    if as_json:
        click.echo(json.dumps(standing.as_dict(now), ensure_ascii=False))
    else:
        click.echo(f"{sentence}: {standing.pending} pending")


def _state(row: dict[str, Any]) -> str:
    """Return in a word or two whether anything goes there, and why not."""
    if row["parked"] is not None:
        return f"parked ({row['parked']})"
    if row["breaker"] == "open":
        return "out of order"
    return "resting" if row["held_until"] is not None else "in order"
