"""A process that the parent keeps alive, and how it is told to stop."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

OnStop = Callable[[Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep alive. `run` gets a function that takes what is to be called when the child shall stop."""

    name: str
    run: Callable[[OnStop], None]
    # True: it never runs beside one that it succeeds.
    alone: bool = False


class Stop:
    """Connects the wish to stop with what stops: either may come first.

    Who can say how it is stopped has got going: `known` is called then.
    """

    def __init__(self, known: Callable[[], object]) -> None:
        self._known = known
        self._wished = False
        self._action: Callable[[], None] | None = None

    def now(self) -> None:
        """Stop, or do so as soon as it is known how."""
        self._wished = True
        if self._action is not None:
            self._action()

    def then(self, action: Callable[[], None]) -> None:
        """Take what stops the child; called at once where the wish came first."""
        self._action = action
        # The parent may be gone, or have heard enough.
        with contextlib.suppress(OSError):
            self._known()
        if self._wished:
            action()
