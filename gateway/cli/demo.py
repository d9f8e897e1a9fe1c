"""`pesagate demo`: the gateway at work, all on this machine."""

import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random
from secrets import randbits
from tempfile import TemporaryDirectory

import click
import requests
from rich.console import Console

from gateway.app.urls import hook_path
from gateway.demo import story
from gateway.demo.erp import Erp
from gateway.demo.running import Running, gateway
from gateway.demo.scenario import Scene, scenes
from gateway.domain.times import utc_now
from gateway.server.answers import RESULT_HEADER
from gateway.store.prepare import require
from gateway.store.queries import deliveries, reading

_ARRIVE_LIMIT = timedelta(seconds=30)


@click.command()
@click.option("--once", is_flag=True, help="End by itself, also on a terminal.")
def demo(once: bool) -> None:
    """Start a gateway and a small ERP, send callbacks, and show the way of each payment.

    On a terminal it goes on serving until ^C. Ends with 0 only if every payment arrived exactly once.
    """
    console = Console(soft_wrap=True)
    with TemporaryDirectory(prefix="pesagate-demo-") as folder, Erp() as erp:
        console.print("[bold]Starting[/bold] a gateway on SQLite and a small ERP, both on this machine only")
        with gateway(Path(folder), erp.url) as running:
            all_well = _play(console, running, erp)
            if sys.stdout.isatty() and not once:
                _go_on(console, running)
    sys.exit(0 if all_well else 1)


def _play(console: Console, running: Running, erp: Erp) -> bool:
    console.print("\n[bold]Sending[/bold] callbacks as M-Pesa would")
    played = scenes(running.settings, Random(randbits(64)), utc_now())  # noqa: S311 - made-up payments
    answers = [_send(console, running, scene) for scene in played]
    expected = sum(scene.arrives for scene in played)
    _wait(running, expected)
    with reading(require(running.settings.store_url)) as connection:
        console.print("\n[bold]What became of them[/bold]")
        story.tell_payments(console, connection)
        story.tell_quarantine(console, connection)
    return _judge(console, erp.arrivals, expected, answers)


def _send(console: Console, running: Running, scene: Scene) -> bool:
    url = f"{running.base}{hook_path(scene.shortcode, scene.kind)}{scene.query}"
    well = True
    for _ in range(scene.times):
        answer = requests.post(url, data=scene.body, headers={"Content-Type": "application/json"}, timeout=10)
        story.tell_sending(console, scene, answer.status_code, answer.headers.get(RESULT_HEADER, "-"))
        well = well and answer.status_code == requests.codes.ok
    return well


def _wait(running: Running, expected: int) -> None:
    """Wait until all is delivered; what is not by then shows in the story."""
    engine = require(running.settings.store_url)
    deadline = time.monotonic() + _ARRIVE_LIMIT.total_seconds()
    while time.monotonic() < deadline:
        with reading(engine) as connection:
            rows = list(deliveries(connection, utc_now(), lambda *_: True, state="delivered"))
        if len(rows) >= expected:
            return
        time.sleep(0.05)


def _judge(console: Console, arrivals: Counter[tuple[str, str]], expected: int, answers: list[bool]) -> bool:
    once = sum(count == 1 for count in arrivals.values())
    well = all(answers) and once == expected == len(arrivals)
    colour = "green" if well else "red"
    console.print(f"\n[{colour}]{once} of {expected} payments arrived at their ERP exactly once.[/{colour}]")
    return well


def _go_on(console: Console, running: Running) -> None:
    console.print(f"\nStill serving at {running.base}. Try, in another terminal:")
    environment = " ".join(f"{name}={value}" for name, value in running.environment.items())
    console.print(f"  {environment} pesagate -c {running.config} send -n 20", soft_wrap=True, highlight=False)
    console.print("^C ends it.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("\nEnding")
