"""How a payment went, ordered: a later higher outcome resolves a lower one, never the other way round."""

from enum import IntEnum


class Outcome(IntEnum):
    """The three outcomes. Time-outs, unlisted codes and intermediate results are unknown, never failed."""

    # Nobody can say yet: a time-out, an unlisted code, a result that announces further messages.
    UNKNOWN = 0
    # The provider says that no money moved.
    FAILED = 1
    # The provider says that the money moved.
    SUCCEEDED = 2

    @property
    def text(self) -> str:
        """The outcome as events and the console write it."""
        return _TEXTS[self]


_TEXTS = {outcome: outcome.name.lower() for outcome in Outcome}
