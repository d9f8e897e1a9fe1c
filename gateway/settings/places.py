"""Where a value stands: in which file, line and column, and under which keys."""

import re
from dataclasses import dataclass

Steps = tuple[str | int, ...]
"""The keys and list positions that lead from the top of a document to a value."""

# Plain, YAML takes these for something else than a text.
_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file. Lines and columns count from 1; line 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Flaw:
    """One mistake found at `steps`, before it is known where the document that holds it will hang."""

    steps: Steps
    place: Place
    message: str
    # The edit that mends it, or empty.
    remedy: str = ""
    # "error" or "warning"
    severity: str = "error"
    # False where the value can be used all the same, so that later checks look at it too.
    spoils: bool = True


def dotted(steps: Steps) -> str:
    """Return the steps as people read them, e.g. tenants.duka.shortcodes."600638".key or routes[0].to."""
    return "".join(_step_text(step) for step in steps).removeprefix(".")


def shown_key(key: str) -> str:
    """Return a key as YAML takes it: in quotes where it would be read as something else."""
    return key if _PLAIN_NAME.fullmatch(key) and key.lower() not in _WORDS else quoted(key, limit=len(key) + 3)


def _step_text(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN_NAME.fullmatch(step) else f".{quoted(step)}"


def quoted(text: str, limit: int = 60) -> str:
    """Return a text in double quotes on one line, cut to `limit` characters."""
    shown = text if len(text) <= limit else text[: limit - 3] + "..."
    escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else _escape(char) for char in escaped) + '"'


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
