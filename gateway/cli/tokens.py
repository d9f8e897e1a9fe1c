"""`pesagate tokens`: tokens of programs that use the API."""

from datetime import datetime, timedelta

import click

from gateway.domain.access import TOKEN_RIGHTS, digest_of
from gateway.domain.times import NAIROBI
from gateway.keys import generate_token


@click.group()
def tokens() -> None:
    """Make tokens for programs that use the API."""


@tokens.command()
@click.argument("name")
@click.option("--tenant", "tenants", metavar="T", multiple=True, help="A tenant that it sees; without it, all.")
@click.option(
    "--action",
    "actions",
    type=click.Choice([each.value for each in TOKEN_RIGHTS]),
    multiple=True,
    help="Something it may do; without it, read.",
)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="How long it is valid.")
def new(name: str, tenants: tuple[str, ...], actions: tuple[str, ...], days: int) -> None:
    """Print a fresh token and what to write into the configuration for it, as YAML.

    The configuration holds its SHA-256 only: the token stands nowhere but here.
    """
    token = generate_token()
    last = (datetime.now(NAIROBI) + timedelta(days=days)).date()
    click.echo(f"# Give this to the program; it is shown once:\n#   {token}")
    click.echo(f'access:\n  tokens:\n    {name}:\n      hash: "sha256:{digest_of(token)}"')
    if tenants:
        click.echo(f"      tenants: [{', '.join(tenants)}]")
    click.echo(f"      actions: [{', '.join(actions or ('read',))}]")
    click.echo(f'      expires: "{last.isoformat()}"')
