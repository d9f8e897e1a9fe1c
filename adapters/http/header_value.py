"""What a header can carry."""

from collections.abc import Iterator


def value_problems(what: str, value: str) -> Iterator[str]:
    """Yield what keeps `value` from being a header's value; `what` names it."""
    if any(char in value for char in "\r\n\0"):
        yield f"{what} holds a line break; a header is one line (is there one at the end of a file?)."
    elif value != value.strip():
        yield f"{what} begins or ends with a space."
    elif not value.isascii():
        yield f"{what} holds a character outside ASCII, which a header cannot carry."
