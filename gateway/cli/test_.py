"""`pesagate test`: the tests of a configuration, by the code of `serve`, without any side effect."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from gateway.app.testing import ENDING, PLACE, Tested, run_tests, test_files
from gateway.cli.config_option import config_option
from gateway.domain.errors import PesagateError


@click.command("test")
@config_option
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a test.")
def test_(config: Path, files: tuple[Path, ...], as_json: bool) -> None:
    """Run the tests of the configuration: those in FILES, else tests/*.test.yaml beside it.

    Nothing is stored or sent. Ends with 1 if a test fails, with 78 if the configuration or a test file is wrong.
    """
    chosen = files or test_files(config)
    if not chosen:
        raise PesagateError(f"There are no tests: write {config.parent / PLACE}/<name>{ENDING}, or name a file.")
    failed = number = 0
    for number, tested in enumerate(run_tests(config, chosen), 1):  # noqa: B007
        failed += not tested.passed
        for line in [_as_json(tested)] if as_json else _as_text(tested):
            click.echo(line)
    if not as_json:
        click.echo(f"{number - failed} passed, {failed} failed")
    if failed:
        sys.exit(1)


def _as_json(tested: Tested) -> str:
    case = tested.case
    shown = {
        "file": str(case.file),
        "line": case.line,
        "name": case.name,
        "passed": tested.passed,
        "fault": tested.fault,
        "differences": [{"path": each.path, "expected": each.wanted, "came": each.got} for each in tested.differences],
    }
    return json.dumps(shown, ensure_ascii=False)


def _as_text(tested: Tested) -> Iterator[str]:
    case = tested.case
    if tested.passed:
        yield f"pass  {case.name}"
        return
    yield f"FAIL  {case.name}  ({case.file}:{case.line})"
    if tested.fault is not None:
        yield f"      {tested.fault}"
    for each in tested.differences:
        yield f"      {each.path}"
        yield from (f"        - {line}" for line in each.wanted.splitlines())
        yield from (f"        + {line}" for line in each.got.splitlines())
