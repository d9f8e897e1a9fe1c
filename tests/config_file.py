"""A configuration as tests write it to a file."""

import re
from typing import Any

import yaml


class _Quoting(yaml.SafeDumper):
    """Quotes whatever a configuration has to have in quotes: PyYAML itself writes the text 00:11 without any."""


_Quoting.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])*$"), list("-+0123456789")
)


def as_yaml(config: Any) -> str:
    """Return a configuration as YAML, its texts in quotes where a configuration wants them."""
    return yaml.dump(config, Dumper=_Quoting, sort_keys=False)
