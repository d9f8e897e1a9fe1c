"""`pesagate check`: tell every mistake in the configuration, with its place."""

import json
import sys
from collections import Counter
from pathlib import Path

import click

from gateway.app import check as find_problems
from gateway.app import load_settings
from gateway.cli.config_option import config_option
from gateway.cli.excerpt import excerpt
from gateway.cli.failure import CONFIGURATION_EXIT, count, plural
from gateway.domain.problem import Problem
from gateway.domain.settings import Settings


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON, one object a line.")
@click.option("--live", is_flag=True, help="Ask each destination one harmless question, with its credential.")
def check(config: Path, as_json: bool, live: bool) -> None:
    """Check the configuration and tell every mistake with its place.

    Ends with 78 if there is an error; warnings alone end with 0.
    """
    problems = find_problems(config, live)
    is_fit = all(problem.severity != "error" for problem in problems)
    lines = map(_as_json, problems) if as_json else map(_as_text, problems)
    for line in lines:
        click.echo(line)
    if problems and not as_json:
        click.echo(count(problems))
    if not is_fit:
        sys.exit(CONFIGURATION_EXIT)
    if not as_json:
        click.echo(f"ok: {_summary(load_settings(config))}")


def _as_json(problem: Problem) -> str:
    return json.dumps(problem.as_dict(), ensure_ascii=False)


def _as_text(problem: Problem) -> str:
    return "\n".join((str(problem), *excerpt(problem)))


def _summary(settings: Settings) -> str:
    counts: Counter[str] = Counter()
    for tenant in settings.tenants.values():
        counts["shortcode"] += len(tenant.shortcodes)
        counts["destination"] += len(tenant.destinations)
        counts["route"] += len(tenant.routes)
    return ", ".join(
        (plural(len(settings.tenants), "tenant"), *(plural(number, noun) for noun, number in counts.items()))
    )
