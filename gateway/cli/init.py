"""`pesagate init`: write a working configuration."""

import os
import shlex
from pathlib import Path

import click

from gateway import resources
from gateway.cli import option_values
from gateway.cli.starter import Starter, fill, tests_of
from gateway.domain.errors import PesagateError
from gateway.keys import generate


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--shortcode", callback=option_values.shortcode, default="600638", show_default=True, help="5 to 7 digits."
)
@click.option("--type", "shortcode_type", type=click.Choice(["paybill", "till"]), default="paybill", show_default=True)
@click.option("--erp-url", callback=option_values.http_url, default="http://127.0.0.1:9000/payments", show_default=True)
@click.option(
    "--tenant", callback=option_values.tenant, default="duka", show_default=True, help="The business, one word."
)
def init(folder: Path, shortcode: str, shortcode_type: str, erp_url: str, tenant: str) -> None:
    """Write DIR/pesagate.yaml, a working configuration, with a fresh key beside it in DIR/secrets.

    Nothing that exists is overwritten.
    """
    starter = Starter(tenant, shortcode, shortcode_type, erp_url)
    config, key = folder / "pesagate.yaml", folder / starter.key_file
    text = fill(resources.example("starter.yaml").read_text("utf-8"), starter)
    tests = folder / "tests" / f"{tenant}.test.yaml"
    _refuse_to_overwrite(config, key, tests)
    try:
        _make_private(key.parent)
        _write_new(key, generate() + "\n", 0o600)
        _write_new(config, text, 0o644)
        tests.parent.mkdir(exist_ok=True)
        _write_new(tests, tests_of(resources.example("tests/starter.test.yaml").read_text("utf-8"), starter), 0o644)
    except OSError as error:
        raise PesagateError(f"{error.filename} cannot be written: {error.strerror}.") from error
    click.echo(_farewell(config, key, tests))


def _refuse_to_overwrite(*paths: Path) -> None:
    for path in paths:
        if path.exists() or path.is_symlink():
            raise PesagateError(
                f"{path} is already there and is not overwritten: choose another folder, or move it away."
            )


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Again, for a folder that was there before.
    folder.chmod(0o700)


def _write_new(path: Path, text: str, mode: int) -> None:
    # Exclusive and with its mode from the first moment: a key is never readable by others, not even for an instant.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _farewell(config: Path, key: Path, tests: Path) -> str:
    option = shlex.quote(str(config))
    return f"""Wrote {config}, tests for `pesagate test` in {tests}, and the key {key} (readable by you alone).
Next:
  pesagate check -c {option}
  pesagate serve -c {option}
  pesagate send -c {option}    # in another terminal: payments as M-Pesa would tell them"""
