"""`pesagate send`: post realistic callbacks to a running gateway."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import click

from gateway.app import load_settings
from gateway.app.urls import hook_path
from gateway.cli import option_values
from gateway.cli.config_option import config_option
from gateway.cli.posting import Answer, Post, all_taken, post_all, summary
from gateway.cli.progress import tracked
from gateway.domain.errors import PesagateError
from gateway.domain.settings import Server, Settings, Shortcode
from gateway.domain.times import NAIROBI, Clock, utc_now
from gateway.simulator.callbacks import BODIES
from gateway.simulator.mix import TWINS, Mix, mixed
from gateway.simulator.payment import stream

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 # nosec B104


@click.command()
@config_option
@click.option("-n", "--number", type=click.IntRange(1, 1_000_000), default=10, show_default=True, help="Payments.")
@click.option("--kind", type=click.Choice([*BODIES]), default="c2b-confirmation", show_default=True)
@click.option("--shortcode", metavar="S", help="Paybill or till.  [default: the first in the configuration]")
@click.option("--reference", metavar="R", help="Account reference of all.  [default: INV- and four digits]")
@click.option("--amount", metavar="A", callback=option_values.amount, help="Amount of all.  [default: random]")
@click.option("--failed", type=click.IntRange(0), default=0, help="So many of them failed (only stk).")
@click.option("--duplicates", type=click.IntRange(0), default=0, help="Send each callback so many times more.")
@click.option("--twins", type=click.IntRange(0), default=0, help="So many are told by the other kind too.")
@click.option("--conflicts", type=click.IntRange(0), default=0, help="So many are told again with another amount.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="R", help="At most so many a second.")
@click.option("--seed", type=int, help="The same seed gives the same callbacks all day: sent again, duplicates.")
@click.option("--url", callback=option_values.http_url, help="Where the gateway is.  [default: http://<listen>]")
def send(
    config: Path,
    url: str | None,
    shortcode: str | None,
    reference: str | None,
    amount: Decimal | None,
    rate: float | None,
    seed: int | None,
    **counts: Any,
) -> None:
    """Post callbacks to a running gateway as M-Pesa would, and sum up its answers.

    Ends with 0 only if every one was answered with 200. The payments are made up; the gateway takes them for real ones.
    """
    settings = load_settings(config)
    chosen = _choose(settings, shortcode)
    mix = _checked(Mix(**counts))
    base = (url or _listening(settings.server)).rstrip("/")
    posts = _posts(chosen, mix, reference, amount, seed)
    answers = tuple(tracked(post_all(base, posts, rate), mix.total, "Sending"))
    _tell(answers, f"{len(answers)} callbacks ({mix.kind}) for {chosen.number} to {base}")
    if not all_taken(answers):
        sys.exit(1)


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


def _checked(mix: Mix) -> Mix:
    if mix.failed and mix.kind != "stk":
        raise PesagateError(f"--failed goes with --kind stk only: M-Pesa never posts a failed {mix.kind}.")
    if (mix.twins or mix.conflicts) and mix.kind not in TWINS:
        raise PesagateError(f"--twins and --conflicts go with {' and '.join(TWINS)} only: {mix.kind} is no payment.")
    return mix


def _listening(server: Server) -> str:
    host = _ANYWHERE.get(server.host, server.host)
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"


def _posts(
    shortcode: Shortcode, mix: Mix, reference: str | None, amount: Decimal | None, seed: int | None
) -> Iterator[Post]:
    kinds = [mix.kind, TWINS[mix.kind]] if mix.twins else [mix.kind]
    paths = {kind: _path(shortcode, kind, reference) for kind in kinds}
    rng = Random(seed)  # noqa: S311
    is_till = shortcode.type == "till"
    payments = stream(rng, _clock(seed), shortcode.number, amount=amount, reference=reference, is_till=is_till)
    for kind, body in mixed(rng, payments, mix):
        yield Post(paths[kind], json.dumps(body, separators=(",", ":")).encode())


def _path(shortcode: Shortcode, kind: str, reference: str | None) -> str:
    path = hook_path(shortcode, kind)
    if path is None:
        raise PesagateError(f"no key of shortcode {shortcode.number} opens the kind {kind}.")
    # A push's callback does not carry the reference; the integrator's URL does.
    return f"{path}?{urlencode({'ref': reference})}" if kind == "stk" and reference else path


def _clock(seed: int | None) -> Clock:
    if seed is None:
        return utc_now
    # The same moment all day, so that the same seed gives the same bytes; a minute past midnight, so of this day.
    today = datetime.now(NAIROBI).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=1)
    return lambda: today
