"""`pesagate codes`: what M-Pesa's result codes mean, who has to act, and whether to ask again."""

import json
from collections.abc import Iterator, Sequence

import click

from gateway.domain.errors import PesagateError
from gateway.providers.mpesa.codes import CODES, Code

_APIS = tuple(dict.fromkeys(row.api for row in CODES))
_TITLES = {
    "stk": "STK push (`stk`)",
    "result": "Results of B2C, B2Pochi, B2B, tax, reversal, status and balance requests",
    "ratiba": "Standing orders (`ratiba`)",
    "b2b-express": "B2B Express CheckOut (`b2b-express`)",
}


@click.command()
@click.argument("code", required=False)
@click.option("--api", type=click.Choice(_APIS), help="Only this API's.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--markdown", is_flag=True, help="Print the page docs/result-codes.md.")
def codes(code: str | None, api: str | None, as_json: bool, markdown: bool) -> None:
    """List M-Pesa's result codes, or explain CODE. A code that is not listed is unknown, never a success."""
    rows = [row for row in CODES if api in (None, row.api) and code in (None, row.code)]
    if not rows:
        raise PesagateError(f"The code {code!r} is not listed: its outcome is unknown, and a person has to find out.")
    if markdown:
        click.echo("\n".join(page(rows)))
        return
    for row in rows:
        click.echo(json.dumps(_told(row)) if as_json else _line(row))


def page(rows: Sequence[Code]) -> Iterator[str]:
    """Give the lines of the documentation's page."""
    yield "# Result codes"
    yield ""
    yield "Made by `pesagate codes --markdown` from the table that decides. A code that is not here is `unknown`: the"
    yield "payment is neither booked nor refused, and a person has to find out. *Again* says whether the request may be"
    yield "made once more, as a new one with new ids."
    for api in dict.fromkeys(row.api for row in rows):
        yield from ("", f"## {_TITLES[api]}", "", "| code | outcome | meaning | who acts | again | source |")
        yield "|---|---|---|---|---|---|"
        for row in rows:
            if row.api == api:
                cells = (f"`{row.code}`", row.outcome.text, row.meaning, row.who, row.again, row.source)
                yield f"| {' | '.join(cells)} |"


def _told(row: Code) -> dict[str, str]:
    return {**row._asdict(), "outcome": row.outcome.text}


def _line(row: Code) -> str:
    return f"{row.api:<12} {row.code:<11} {row.outcome.text:<10} {row.meaning} (acts: {row.who}; again: {row.again})"
