"""`pesagate schema`: the JSON Schemas that other tools can use (editors, the ERP's side)."""

import json

import click

from gateway import registry, resources
from gateway.domain.errors import PesagateError

_OURS = ("config", "event", "test")


@click.command()
@click.argument("name")
def schema(name: str) -> None:
    """Print a JSON Schema: `config`, `event` (what destinations get), `test`, or the settings of an adapter."""
    found = resources.schema(f"{name}.schema") if name in _OURS else registry.schema_of(name)
    if found is None:
        raise PesagateError(f"There is no schema {name!r}; there are: {', '.join((*_OURS, *registry.names()))}.")
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))
