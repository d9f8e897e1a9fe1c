"""`pesagate send`: post realistic callbacks to a running gateway."""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import click

from gateway.app import load_settings
from gateway.cli import option_values
from gateway.cli.config_option import config_option
from gateway.cli.hook import hook_path
from gateway.cli.posting import Answer, Post, all_taken, post_all, summary
from gateway.cli.progress import tracked
from gateway.domain.errors import PesagateError
from gateway.domain.settings import Server, Settings, Shortcode
from gateway.domain.times import NAIROBI, Clock, utc_now
from gateway.simulator.callbacks import BODIES, FAILURES, stk_failed
from gateway.simulator.payment import Payment, stream

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


@click.command()
@config_option
@click.option("-n", "--number", type=click.IntRange(1, 1_000_000), default=10, show_default=True, help="Payments.")
@click.option("--kind", type=click.Choice([*BODIES]), default="c2b-confirmation", show_default=True)
@click.option("--shortcode", metavar="S", help="Paybill or till.  [default: the first in the configuration]")
@click.option("--reference", metavar="R", help="Account reference of all.  [default: INV- and four digits]")
@click.option("--amount", metavar="A", callback=option_values.amount, help="Amount of all.  [default: random]")
@click.option("--failed", type=click.IntRange(0), default=0, help="So many of them failed (only stk).")
@click.option("--duplicates", type=click.IntRange(0), default=0, help="Send each so many times more.")
@click.option("--seed", type=int, help="The same seed gives the same callbacks all day: sent again, duplicates.")
@click.option("--url", callback=option_values.http_url, help="Where the gateway is.  [default: http://<listen>]")
def send(config: Path, url: str | None, shortcode: str | None, duplicates: int, number: int, **wish: Any) -> None:
    """Post callbacks to a running gateway as M-Pesa would, and sum up its answers.

    Ends with 0 only if every one was answered with 200. The payments are made up; the gateway takes them for real ones.
    """
    settings = load_settings(config)
    chosen = _choose(settings, shortcode)
    base = (url or _listening(settings.server)).rstrip("/")
    posts = repeated(_posts(chosen, number, **wish), duplicates + 1)
    answers = tuple(tracked(post_all(base, posts), number * (duplicates + 1), "Sending"))
    _tell(answers, f"{len(answers)} callbacks ({wish['kind']}) for {chosen.number} to {base}")
    if not all_taken(answers):
        sys.exit(1)


def repeated(posts: Iterable[Post], times: int) -> Iterator[Post]:
    """Return each post so many times in a row."""
    return (post for post in posts for _ in range(times))


def _tell(answers: tuple[Answer, ...], title: str) -> None:
    click.echo(title)
    for line in summary(answers):
        click.echo(line)


def _choose(settings: Settings, number: str | None) -> Shortcode:
    known = {code.number: code for tenant in settings.tenants.values() for code in tenant.shortcodes.values()}
    if not known:
        raise PesagateError("the configuration has no shortcode to send to: add one below tenants.")
    found = known.get(next(iter(known)) if number is None else number)
    if found is None:
        raise PesagateError(f"shortcode {number} is not configured; there are: {', '.join(known)}.")
    return found


def _listening(server: Server) -> str:
    host = _ANYWHERE.get(server.host, server.host)
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"


def _posts(
    shortcode: Shortcode,
    number: int,
    *,
    kind: str,
    reference: str | None,
    amount: Decimal | None,
    failed: int,
    seed: int | None,
) -> Iterator[Post]:
    path = _path(shortcode, kind, reference)
    rng = Random(seed)  # noqa: S311
    failing = _failing(rng, kind, number, failed)
    payments = stream(
        rng, _clock(seed), shortcode.number, amount=amount, reference=reference, is_till=shortcode.type == "till"
    )
    for index, payment in enumerate(islice(payments, number)):
        body = _failed(rng, payment) if index in failing else BODIES[kind](payment)
        yield Post(path, json.dumps(body, separators=(",", ":")).encode())


def _path(shortcode: Shortcode, kind: str, reference: str | None) -> str:
    path = hook_path(shortcode, kind)
    if path is None:
        raise PesagateError(f"no key of shortcode {shortcode.number} opens the kind {kind}.")
    # A push's callback does not carry the reference; the integrator's URL does.
    return f"{path}?{urlencode({'ref': reference})}" if kind == "stk" and reference else path


def _failing(rng: Random, kind: str, number: int, failed: int) -> frozenset[int]:
    if failed and kind != "stk":
        raise PesagateError(f"--failed goes with --kind stk only: M-Pesa never posts a failed {kind}.")
    return frozenset(rng.sample(range(number), min(failed, number)))


def _failed(rng: Random, payment: Payment) -> dict[str, Any]:
    return stk_failed(payment, rng.choice(tuple(FAILURES)))


def _clock(seed: int | None) -> Clock:
    if seed is None:
        return utc_now
    # The same moment all day, so that the same seed gives the same bytes; a minute past midnight, so of this day.
    today = datetime.now(NAIROBI).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=1)
    return lambda: today
