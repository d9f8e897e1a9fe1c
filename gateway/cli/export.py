"""`pesagate export`: a file of what happened, from the events in the store; and the files of export destinations."""

import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path

import click
from sqlalchemy import Connection

from gateway import app, resources
from gateway.cli.config_option import config_option
from gateway.cli.events import columns, dump, opened_store
from gateway.cli.export_settings import settings_for
from gateway.cli.progress import tracked
from gateway.delivery.closing import render_file, rendering
from gateway.delivery.place import replace
from gateway.domain.errors import PesagateError
from gateway.domain.event import Event
from gateway.domain.export import ClosedFile, Gathers, Rendered, UnbookableError
from gateway.domain.settings import Destination, Settings
from gateway.domain.times import utc_now
from gateway.store import export_ledger

_KEYS = resources.schema("adapters/export")["properties"]
_DAY = click.DateTime(["%Y-%m-%d"])
_LISTED = ("id", "tenant", "destination", "shortcode", "day", "name", "lines", "written")


@click.command()
@config_option
@click.option("--tenant", metavar="T", help="Whose payments.")
@click.option("--shortcode", metavar="S", help="Of which paybill or till.")
@click.option("--from", "first", type=_DAY, metavar="DAY", help="The first day, as 2026-11-24, Nairobi time.")
@click.option("--to", "last", type=_DAY, metavar="DAY", help="The last day, this one included.  [default: the first]")
@click.option("--format", "file_format", type=click.Choice(_KEYS["format"]["enum"]), help="What the file is.")
@click.option("--preset", type=click.Choice(_KEYS["preset"]["enum"]), help="For csv and xlsx: which columns.")
@click.option("--destination", metavar="D", help="With its settings, and only what is routed to it.")
@click.option("--file", "name", metavar="ID", help="Once more a file of a destination, by its number or name.")
@click.option("--list", "listing", is_flag=True, help="List the files of destinations.")
@click.option("--json", "as_json", is_flag=True, help="With --list: print one JSON object a line.")
@click.option("--out", default="-", metavar="FILE", show_default=True, help="Where it goes; - is standard output.")
def export(
    config: Path,
    tenant: str | None,
    shortcode: str | None,
    first: datetime | None,
    last: datetime | None,
    file_format: str | None,
    preset: str | None,
    destination: str | None,
    name: str | None,
    listing: bool,
    as_json: bool,
    out: str,
) -> None:
    """Write a file of the payments of some days, or once more a file that a destination has made.

    The same events give the same bytes, here and in a destination's folder.
    """
    if listing:
        _list(config, tenant, shortcode, as_json)
        return
    if name is not None:
        _put(_again(config, name), out)
        return
    if tenant is None or shortcode is None or first is None or (file_format is None and destination is None):
        raise click.UsageError("Say which file: --tenant, --shortcode, --from and --format; or --file, or --list.")
    if last is not None and last < first:
        raise click.UsageError("--to is before --from.")
    _put(_made(config, tenant, shortcode, (first, last or first), (file_format, preset, destination)), out)


def _list(config: Path, tenant: str | None, shortcode: str | None, as_json: bool) -> None:
    with opened_store(config) as (_, connection):
        _require_ledger(connection)
        files = export_ledger.files(connection, tenant, shortcode)
        for row in chain(files, export_ledger.waiting(connection, tenant, shortcode)):
            click.echo(dump(row) if as_json else columns(row, _LISTED))


def _again(config: Path, name: str) -> Rendered:
    with opened_store(config) as (_, connection):
        _require_ledger(connection)
        file = _only(name, export_ledger.file_named(connection, name))
        return render_file(connection, file, rendering(file, app.adapter_of))


def _only(name: str, found: list[ClosedFile]) -> ClosedFile:
    if not found:
        raise PesagateError(f"No file is called {name!r}: `pesagate export --list` shows those there are.")
    if len(found) > 1:
        numbers = ", ".join(str(file.id) for file in found)
        raise PesagateError(f"{len(found)} files are called {name!r}, in different folders: say which, {numbers}.")
    return found[0]


def _made(
    config: Path,
    tenant: str,
    shortcode: str,
    days: tuple[datetime, datetime],
    wanted: tuple[str | None, str | None, str | None],
) -> Rendered:
    with opened_store(config) as (settings, connection):
        gathers = _exporter(settings, tenant, *wanted)
        total, events = export_ledger.events_of(connection, tenant, shortcode, utc_now(), wanted[2])
        span = (f"{days[0]:%Y%m%d}", f"{days[1]:%Y%m%d}")
        chosen = list(_within(gathers, tracked(events, total, "reading events"), span))
    if not chosen:
        raise PesagateError(
            f"No money of {tenant}'s {shortcode} moved from {days[0]:%Y-%m-%d} to {days[1]:%Y-%m-%d}, as far as the "
            "store knows: there is nothing to write."
        )
    return gathers.render(shortcode, chosen)


def _exporter(
    settings: Settings, tenant: str, file_format: str | None, preset: str | None, destination: str | None
) -> Gathers:
    chosen = settings_for(settings, tenant, file_format, preset, destination)
    adapter = app.adapter_of(Destination(destination or "export", tenant, "export", chosen))
    problems = adapter.check()
    # Its folder is not written to.
    wrong = [problem for problem in problems if not problem.startswith("`folder`")]
    if wrong:
        raise PesagateError(" ".join(wrong))
    if not isinstance(adapter, Gathers):
        raise PesagateError("The adapter `export` makes no files.")
    return adapter


def _within(gathers: Gathers, events: Iterator[Event], span: tuple[str, str]) -> Iterator[Event]:
    for event in events:
        try:
            line = gathers.line(event)
        except UnbookableError as error:
            click.echo(f"left out, event {event.id}: {error}", err=True)
            continue
        if line is not None and span[0] <= line.day <= span[1]:
            yield event


def _put(rendered: Rendered, out: str) -> None:
    if out == "-":
        if sys.stdout.isatty() and b"\0" in rendered.body:
            raise PesagateError("This file is no text: name a file with --out, or pipe it somewhere.")
        sys.stdout.buffer.write(rendered.body)
    else:
        try:
            replace(Path(out), rendered.body)
        except OSError as error:
            raise PesagateError(f"{out} cannot be written: {error.strerror}.") from error
    for note in rendered.notes:
        click.echo(f"look: {note}", err=True)
    click.echo(f"{rendered.entries} payments" if rendered.entries != 1 else "1 payment", err=True)


def _require_ledger(connection: Connection) -> None:
    if not export_ledger.is_there(connection):
        raise PesagateError("No destination of this store has made a file yet: `pesagate serve` does.")
