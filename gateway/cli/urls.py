"""`pesagate urls`: the hook URLs to register with M-Pesa."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from gateway.app import Url, hook_urls, kinds_of, load_settings
from gateway.cli.config_option import config_option
from gateway.domain.settings import Server


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.option("--public-url", metavar="URL", help="Use this instead of server.public_url.")
def urls(config: Path, as_json: bool, public_url: str | None) -> None:
    """List the hook URLs to register with M-Pesa. They are secrets: whoever knows one can post payments."""
    settings = load_settings(config)
    rows = tuple(hook_urls(settings, kinds_of(settings), public_url or _address(settings.server)))
    for line in map(_as_json, rows) if as_json else _as_table(rows):
        click.echo(line)


def _address(server: Server) -> str:
    from gateway.cli.ngrok import ngrok_address
    from gateway.settings import NGROK

    return ngrok_address(server.port) if server.public_url == NGROK else server.public_url


def _as_json(row: Url) -> str:
    return json.dumps(row._asdict(), ensure_ascii=False)


def _as_table(rows: tuple[Url, ...]) -> Iterator[str]:
    table = (Url("TENANT", "SHORTCODE", "KIND", "URL"), *rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
