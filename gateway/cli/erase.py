"""`pesagate erase`: a payer's name and phone go, everywhere; what was booked stays."""

import sys
from pathlib import Path

import click
from sqlalchemy import Connection

from gateway import app
from gateway.cli.config_option import config_option
from gateway.cli.events import dump, json_option, tenant_option
from gateway.cli.progress import Bar
from gateway.domain.errors import PesagateError
from gateway.domain.person import Person, is_phone, person_of
from gateway.store import erase as erasing
from gateway.store import story
from gateway.store.page import only
from gateway.store.prepare import require
from gateway.store.queries import reading

_ON_THE_LINE = (
    "a phone number does not belong on a command line, where the list of processes and the shell's history show it: "
    "leave it out, and type or pipe it in"
)


@click.command()
@config_option
@click.argument("name", required=False)
@json_option
@tenant_option
@click.option("--given-up", is_flag=True, help="Dead letters, and what is open in quarantine, are needed no more.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(
    config: Path, name: str | None, as_json: bool, tenant: str | None, given_up: bool, dry_run: bool, yes: bool
) -> None:
    """Erase a payer: name, phone and the bytes of callbacks. Payments, amounts, receipts and ids stay.

    NAME is a receipt, or any other id, of one of the payer's payments. Without it the phone is asked for, or read from
    standard input: plain, masked, or as a hash. It counts first, and asks. What is still needed is kept, and named.
    """
    if name is not None and is_phone(name):
        raise click.UsageError(_ON_THE_LINE)
    settings = app.load_settings(config)
    phone = _phone() if name is None else None
    engine = require(settings.store_url, settings.path)
    with reading(engine) as connection:
        found = _found(connection, name, phone, tenant, given_up)
    _tell(found, as_json)
    if dry_run or not found.rows:
        return
    if not yes:
        click.confirm("Erase for ever?", abort=True, err=True)
    with Bar("Erasing", found.rows) as bar:
        gone = sum(bar.moved(rows) for rows in erasing.erase(engine, found, given_up))
    click.echo(f"{gone} erased", err=as_json)


def _phone() -> str:
    if sys.stdin.isatty():
        phone: str = click.prompt("The payer's phone", hide_input=True, err=True)
        return phone
    return sys.stdin.readline()


def _found(
    connection: Connection, name: str | None, phone: str | None, tenant: str | None, given_up: bool
) -> erasing.Found:
    if name is None:
        told = person_of(phone or "")
        person = told if isinstance(told, Person) else erasing.person_masked(connection, told, tenant)
        return erasing.find(connection, person, tenant=tenant, given_up=given_up)
    payments = story.payments_named(connection, name, only(tenant))
    events = list(story.loose_events(connection, name, only(tenant)))
    if not (payments or events):
        raise PesagateError(f"Nothing is known of {name}: `pesagate explain` searches everywhere.")
    person = erasing.person_of_payments(connection, payments, events)
    return erasing.find(connection, person, payments, events, tenant, given_up)


def _tell(found: erasing.Found, as_json: bool) -> None:
    numbers = {"payments": len(found.subjects), "questions": len(found.questions), "quarantine": len(found.quarantine)}
    if as_json:
        kept = [{"what": one.what, "id": one.id, "why": one.why} for one in found.kept]
        click.echo(dump({**numbers, "kept": kept, "alike": list(found.alike)}))
        return
    click.echo(
        f"{numbers['payments']} payments, {numbers['questions']} C2B validations and {numbers['quarantine']} callbacks "
        "in quarantine to erase"
    )
    for one in found.kept:
        click.echo(f"kept, as it is still needed: {one.what} {one.id} ({one.why})")
    for event in found.alike:
        click.echo(f"perhaps of the same payer, but not certainly: event {event} (masked number and name fit)")
