"""Numbers and true/false that came from ${NAME}: a variable can only hold text, the schema says what was meant."""

import re
from collections.abc import Callable
from typing import Any

from gateway.settings.document import Document
from gateway.settings.places import Steps

# Type that the schema wants -> what its text looks like, and how to read it.
_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "integer": (r"-?(0|[1-9][0-9]{0,17})", int),
    "number": (r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?", float),
    "boolean": (r"true|false", lambda text: text == "true"),
}


def settle_types(document: Document, validator: Any, value: Any, above: Steps = ()) -> None:
    """Turn texts inside `value` (at `above`) into what the schema wants, in place, where they came from a variable."""
    if not any(isinstance(document.at(steps), str) for steps in document.texts):
        return
    errors = [error for error in validator.iter_errors(value) if error.validator == "type"]
    for error in errors:
        path = tuple(error.absolute_path)
        came_from_variable = (*above, *path) in document.texts and isinstance(error.instance, str)
        pattern, reader = _READERS.get(str(error.validator_value), ("", str))
        if path and pattern and came_from_variable and re.fullmatch(pattern, error.instance):
            _set(value, path, reader(error.instance))


def _set(value: Any, path: Steps, new: Any) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = new
