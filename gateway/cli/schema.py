"""`pesagate schema`: the JSON Schemas that other tools can use (editors, the ERP's side)."""

import json

import click

from gateway import resources


@click.command()
@click.argument("name", type=click.Choice(["config", "event", "test"]))
def schema(name: str) -> None:
    """Print a JSON Schema: of the configuration file, of the events that destinations get, or of test files."""
    click.echo(json.dumps(resources.schema(f"{name}.schema"), indent=2, ensure_ascii=False))
