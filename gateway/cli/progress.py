"""Progress of long work: a bar on a terminal, nothing in a pipe. On stderr, so that stdout holds the result alone."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def tracked(items: Iterable[T], total: int, title: str) -> Iterator[T]:
    """Pass the items through; on a terminal show how many of them have gone by."""
    if not sys.stderr.isatty():
        yield from items
        return
    # Here, as it takes 50 ms that a pipe need not wait for.
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=title, total=total, console=Console(stderr=True), transient=True)
