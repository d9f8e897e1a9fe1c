"""`pesagate try`: what would become of a callback, by the code of `serve`, without any side effect."""

import json
from pathlib import Path
from typing import Any

import click

from gateway import app
from gateway.cli import option_values
from gateway.cli.config_option import config_option


@click.command("try")
@config_option
@click.argument("file", type=click.File("rb"))
@click.option("--shortcode", required=True, help="The paybill or till whose hook it would come to.")
@click.option("--kind", required=True, help="The kind in the hook's URL, such as stk or c2b-confirmation.")
@click.option("--content-type", default="application/json", show_default=True, help="The callback's Content-Type.")
@click.option(
    "--header",
    "headers",
    callback=option_values.headers,
    multiple=True,
    metavar="'NAME: VALUE'",
    help="A header that it would come with, such as one that signs it; may be given more than once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def try_(
    config: Path,
    file: Any,
    shortcode: str,
    kind: str,
    content_type: str,
    headers: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Show what would become of the callback in FILE (- for standard input), were it the first of its payment.

    Shows the event, its routes, the requests with secrets masked, and the answer. Nothing is stored or sent.
    """
    told = [("Content-Type", content_type), *headers]
    trial = app.try_callback(app.load_settings(config), shortcode, kind, file.read(), told)
    shown = _told(trial)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    for name, value in shown.items():
        click.echo(f"{name}: {json.dumps(value, ensure_ascii=False, indent=2)}")


def _told(trial: app.Trial) -> dict[str, Any]:
    quarantined = trial.quarantined
    return {
        "event": None if trial.event is None else trial.event.as_dict(),
        "quarantine": quarantined
        and {"reason": quarantined.reason.value, "path": quarantined.path, "detail": quarantined.detail},
        "decision": trial.decided and {"decision": trial.decided.decision, "because": trial.decided.because},
        "unread_lists": list(trial.unread),
        "destinations": list(trial.requests),
        "requests": [
            {
                "destination": name,
                **({"step": one.step} if one.step else {}),
                **({"note": one.note} if one.note else {}),
                "request": one.title,
                "headers": dict(one.headers),
                "body": one.body,
            }
            for name, previews in trial.requests.items()
            for one in previews
        ],
        "answer": {
            "status": trial.answer.status,
            "headers": dict(trial.answer.headers),
            "body": json.loads(trial.answer.body) if trial.answer.body else None,
        },
    }
