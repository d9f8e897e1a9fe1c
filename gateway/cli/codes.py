"""`pesagate codes`: the table of M-Pesa's result codes."""

import json
from collections.abc import Sequence

import click

from gateway.domain.errors import PesagateError
from gateway.providers.mpesa.code_rows import CODES, Code
from gateway.providers.mpesa.codes import RESULT_KINDS

_PAGE_HEAD = """# Result codes

What M-Pesa's result codes mean, who must act, and whether a new request may be sent (it always has new ids: a callback
is the last word on its own request). Made by `pesagate codes --markdown`; `pesagate codes 1032` shows one.

A code that is not listed is unknown: it is neither booked nor taken for a failure. A time-out is unknown too: who takes
it for a failure pays twice. `result` holds for all kinds that end with `-result` but `status-result`, whose code is
about the query. "documented": on Daraja's pages; "observed": in bodies of live systems; "reported": by others only.
"""
_TABLE_HEAD = """| code | outcome | meaning | who must act | send again | source |
|---|---|---|---|---|---|
"""
APIS = (*sorted(RESULT_KINDS | {row.api for row in CODES}),)


@click.command()
@click.argument("wanted", metavar="[CODE]", required=False)
@click.option("--api", type=click.Choice(APIS), help="Only those of this kind of callback.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a row.")
@click.option("--markdown", is_flag=True, help="The page docs/result-codes.md.")
def codes(wanted: str | None, api: str | None, as_json: bool, markdown: bool) -> None:
    """Say what a result code means, who must act, and whether a new request may be sent."""
    rows = select(CODES, api, wanted)
    if not rows:
        raise PesagateError(f"{_told(wanted, api)} is not listed: its outcome is unknown. Query the payment's status.")
    if markdown:
        click.echo(page(rows), nl=False)
        return
    for row in rows:
        click.echo(_json(row) if as_json else _line(row))


def select(rows: Sequence[Code], api: str | None, code: str | None) -> list[Code]:
    """Return the rows of an api and code; a kind that shares the rows of `result` gets these too, its own first."""
    apis = {api, "result"} if api in RESULT_KINDS else {api}
    found = [row for row in rows if (api is None or row.api in apis) and (code is None or row.code == code.strip())]
    own = {row.code for row in found if row.api == api}
    return [row for row in found if row.api == api or api is None or row.code not in own]


def page(rows: Sequence[Code]) -> str:
    """Return the rows as a page of Markdown, one table an api."""
    apis = dict.fromkeys(row.api for row in rows)
    return _PAGE_HEAD + "".join(_table(api, [row for row in rows if row.api == api]) for api in apis)


def _table(api: str, rows: Sequence[Code]) -> str:
    cells = ((row.code, row.outcome.text, row.meaning, row.act, row.again, row.source) for row in rows)
    lines = (f"| {' | '.join(row)} |\n" for row in cells)
    return f"\n## {api}\n\n{_TABLE_HEAD}{''.join(lines)}"


def _told(code: str | None, api: str | None) -> str:
    of = f" of {api}" if api else ""
    return f"code {code}{of}" if code else f"a code{of}"


def _line(row: Code) -> str:
    said = f"{row.api:<16} {row.code:<11} {row.outcome.text:<10} {row.meaning}"
    return f"{said}; to act: {row.act}; send again: {row.again} ({row.source})"


def _json(row: Code) -> str:
    return json.dumps(row._asdict() | {"outcome": row.outcome.text}, ensure_ascii=False)
