"""Globs: `*`, `?` and `[...]`, the whole text, case-sensitive, as in a shell."""

import re
from collections.abc import Callable, Sequence
from fnmatch import translate


def any_of(patterns: Sequence[str]) -> Callable[[str | None], bool]:
    """Return a test that tells whether a text matches at least one pattern. None matches nothing, not even `*`."""
    if not patterns:
        # As an expression, no pattern at all would be the empty one, which matches everything.
        return lambda _text: False
    match = re.compile("|".join(f"(?:{translate(pattern)})" for pattern in patterns)).match
    return lambda text: text is not None and match(text) is not None
