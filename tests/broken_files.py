"""Files with a mistake each, and what they expect to be told about it, word by word.

`# expect:` is followed by a problem without the name of the file itself, or with the name of an included one.
{here} stands for the folder.
"""

from pathlib import Path

SECRETS = ("hunter2", "S3cret", "duka" * 6, "other" * 5, "1234567890123456789012", "4711")
"""None of them may stand in a problem."""


def expected(path: Path) -> list[str]:
    """Return the problems that a file says it has."""
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


def told(path: Path, text: str) -> str:
    """Return a problem of a file as it says so itself."""
    here = path.parent
    name = f"{here}/{path.name}"
    short = text.removeprefix(name) if text.startswith(name) else text.removeprefix(f"{here}/")
    return short.replace(str(here), "{here}")
