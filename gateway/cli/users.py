"""`pesagate users`: passwords of people who use the console."""

import sys

import click

from gateway.domain.errors import PesagateError

_SHORTEST = 12


@click.group()
def users() -> None:
    """Make passwords for people who use the console."""


@users.command("hash")
def hash_() -> None:
    """Ask for a password and print its argon2 hash, for `access.users`. From a pipe it reads the first line."""
    from argon2 import PasswordHasher

    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < _SHORTEST:
        raise PesagateError(f"A password needs at least {_SHORTEST} characters.")
    click.echo(PasswordHasher().hash(password))
