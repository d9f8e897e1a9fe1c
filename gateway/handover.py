"""Taking over from processes that live by an older configuration."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.child import Child


class Successors(Protocol):
    """Gives the children that take over on SIGHUP, and hears what became of them."""

    def next(self) -> Sequence[Child] | None:
        """Return the children that shall take over, None where everything stays as it is."""
        ...

    def end(self, taken: bool) -> None:
        """Hear whether they have taken over."""
        ...


@dataclass
class Handover:
    """Successors on their way in."""

    children: Sequence[Child]
    # Pids of those that are there already: all but the ones that wait for their predecessors to go.
    forked: set[int]
    deadline: float
    # Pids of those that have not got going yet.
    awaited: set[int] = field(default_factory=set)
    # One of them has died.
    lost: bool = False
    # They have got going, and their predecessors were told to go.
    done: bool = False
