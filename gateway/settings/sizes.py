"""Sizes ("512KiB", "64MiB", "1GiB") as the configuration writes them."""

import re

_UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_SIZE = re.compile(r"([0-9]{1,6})(KiB|MiB|GiB)")


def size_of(text: str) -> int | None:
    """Return the bytes that a text names, None where it names none."""
    found = _SIZE.fullmatch(text)
    return None if found is None else int(found[1]) * _UNITS[found[2]]
