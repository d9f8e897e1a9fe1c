"""One run of the benchmark: how thorough it is, where its files lie, what makes the load."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from load import Load, Outcome
from processes import Child, free_port
from product import PATHS, Product

SERVERS = Path(__file__).parent / "servers"


class NotHereError(Exception):
    """Something that a case needs is not installed here; its text says what."""


@dataclass(frozen=True)
class Session:
    """What every case gets."""

    folder: Path
    load: Load
    quick: bool
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def pairs(self) -> int:
        """How many pairs of rounds."""
        return 3 if self.quick else 5

    @property
    def seconds(self) -> float:
        """How long one round lasts."""
        return 2.0

    def new_folder(self) -> Path:
        """Return the path of a folder that is not there yet."""
        return self.folder / f"case-{next(self._numbers)}"

    def post(self, made: Product, mix: str = "unique") -> Outcome:
        """Make one round of load on the product, on the hooks of both tenants."""
        made.outcomes.append(self.load.run(made.child, PATHS, self.seconds, mix))
        return made.outcomes[-1]

    def get(self, child: Child) -> Outcome:
        """Make one round of load on a server beside it."""
        return self.load.run(child, ["/"], self.seconds)

    @contextmanager
    def python(self, script: str) -> Iterator[Child]:
        """Give a running server of the folder `servers` and end it."""
        port = free_port()
        child = Child([sys.executable, SERVERS / script, str(port)], port, "/", self.folder / f"{script}.log")
        try:
            yield child
        finally:
            child.end()
