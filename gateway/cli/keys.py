"""`pesagate keys`: keys of hook URLs."""

import click

from gateway.keys import generate


@click.group()
def keys() -> None:
    """Make keys for hook URLs."""


@keys.command()
@click.option("-n", "--number", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many.")
def new(number: int) -> None:
    """Print fresh keys, one a line: 192 random bits each, without the words that M-Pesa forbids in URLs."""
    for _ in range(number):
        click.echo(generate())
