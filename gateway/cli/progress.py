"""Progress of long work: a bar on a terminal, nothing in a pipe. On stderr, so that stdout holds the result alone."""

import sys
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

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


class Bar:
    """A bar that moves by more than one at a time; used in a `with`."""

    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = total
        self._progress: Progress | None = None

    def __enter__(self) -> "Bar":
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task(self._title, total=self._total)
            self._progress.start()
        return self

    def moved(self, by: int) -> int:
        """Move the bar; return by how much."""
        if self._progress is not None:
            self._progress.advance(self._task, by)
        return by

    def at(self, done: int, total: int) -> None:
        """Put the bar where it is after `done` of `total`."""
        if self._progress is not None:
            self._progress.update(self._task, completed=done, total=total)

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
