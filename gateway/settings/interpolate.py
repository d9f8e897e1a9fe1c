"""${NAME} in text values -> the value of an environment variable. After parsing, so that no value can add YAML."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.settings.document import Document
from gateway.settings.places import Flaw, Steps

# $${ stands for ${ itself. Whatever else begins with ${ has to be one of the three forms.
_REFERENCE = re.compile(
    r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<mark>:-|:\?)(?P<rest>[^}]*))?\}|(?P<other>))"
)


class _UndefinedError(Exception):
    pass


def interpolate(document: Document, environ: Mapping[str, str]) -> Document:
    """Return the document with ${NAME}, ${NAME:-default} and ${NAME:?message} replaced in all text values.

    The texts as written are kept in `texts`, so that no message ever shows what a variable held.
    """
    walk = _Walk(document, environ)
    value = walk.value(document.value, ())
    return replace(document, value=value, texts=walk.texts, flaws=(*document.flaws, *walk.flaws))


class _Walk:
    def __init__(self, document: Document, environ: Mapping[str, str]) -> None:
        self._document = document
        self._environ = environ
        self.texts = dict(document.texts)
        self.flaws: list[Flaw] = []

    def value(self, value: Any, steps: Steps) -> Any:
        if isinstance(value, dict):
            return {key: self.value(inner, (*steps, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, (*steps, index)) for index, inner in enumerate(value)]
        return self._text(value, steps) if isinstance(value, str) and "${" in value else value

    def _text(self, text: str, steps: Steps) -> str:
        self.texts[steps] = text
        try:
            return _REFERENCE.sub(self._replacement, text)
        except _UndefinedError as error:
            message, remedy = error.args
            self.flaws.append(Flaw(steps, self._document.place(steps), message, remedy))
            return ""

    def _replacement(self, found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        name, mark, rest = found["name"], found["mark"], found["rest"]
        if name is None:
            raise _UndefinedError("${ does not begin a variable's name here.", "Write ${NAME}, or $${ for ${ itself.")
        value = self._environ.get(name)
        if mark is None and value is not None:
            return value
        if mark is not None and value:
            return value
        if mark == ":-":
            return str(rest)
        raise _UndefinedError(*_undefined(name, mark, rest))


def _undefined(name: str, mark: str | None, rest: str | None) -> tuple[str, str]:
    message = f"the environment variable {name} is not set."
    if mark == ":?":
        return message, f"{rest.strip().rstrip('.')}." if rest and rest.strip() else f"Set {name}."
    return message, f"Set {name}, or write ${{{name}:-default}}."
