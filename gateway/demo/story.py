"""The way of each payment, read back from the gateway's store and written for a terminal."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from sqlalchemy import Connection

from gateway.demo.scenario import Scene
from gateway.domain.event import Event
from gateway.store import queries

_COLOURS = {"accepted": "green", "duplicate": "cyan", "conflict": "red", "quarantined": "yellow"}


def tell_sending(console: Console, scene: Scene, status: int, result: str) -> None:
    """Write one callback and its answer."""
    colour = _COLOURS.get(result, "red")
    where = f"{scene.shortcode.tenant} {scene.shortcode.number}"
    console.print(f"  [bold]{where}[/bold]  {scene.kind:<17} {scene.title}")
    console.print(f"      answered {status} [{colour}]{result}[/{colour}]")


def tell_payments(console: Console, connection: Connection) -> None:
    """Write the way of every payment: callback, event, route, delivery, what the ERP said."""
    for seq, event in queries.numbered_events(connection):
        for line in _way(event, queries.deliveries_of(connection, seq)):
            console.print(line, highlight=False)


def tell_quarantine(console: Console, connection: Connection) -> None:
    """Write what could not become an event, and why."""
    for row in queries.quarantined(connection):
        console.print(
            f"  [yellow]quarantine[/yellow]  {row['tenant']} {row['shortcode']} {row['kind']}: "
            f"{escape(row['path'])} {escape(row['detail'])} (kept to the byte)",
            highlight=False,
        )


def _way(event: Event, deliveries: Iterable[dict[str, Any]]) -> Iterator[str]:
    told = event.as_dict()
    what = " ".join(filter(None, (told["currency"], told["amount"], told["receipt"])))
    yield f"  [bold]{event.type}[/bold]  {event.tenant} {event.shortcode}  {what or told['result']['description']}"
    yield f"      callback   {event.kind}, {event.received_at:%H:%M:%S}, kept before it was acknowledged"
    yield f"      event      {event.id}, reference {escape(event.account_reference or '-')}"
    for delivery in deliveries:
        yield f"      route      to {delivery['destination']}"
        yield from map(_attempt, delivery["attempts"])


def _attempt(attempt: dict[str, Any]) -> str:
    said = f", the ERP said {escape(attempt['answer'])}" if attempt["answer"] else ""
    status = f" {attempt['status']}" if attempt["status"] else ""
    return f"      delivery   attempt {attempt['number']}: {attempt['result']}{status}{said}"
