"""Errors that a person may read. The message names the thing, what is wrong and what to do."""


class PesagateError(Exception):
    """Base of every error that is meant for a person; its text is shown as it is, without a traceback."""


class ConfigurationError(PesagateError):
    """The configuration cannot be used; `problems` holds every mistake found, not only the first."""

    def __init__(self, problems: tuple["object", ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class StoreError(PesagateError):
    """The store cannot be used: not there, locked by another gateway, or made by another version."""


class StoreUnavailable(StoreError):
    """A commit could not be made for a reason other than the data (disk full, locked, connection gone)."""


class QuarantineFull(StoreUnavailable):
    """So many callbacks of a hook are in quarantine that no more are kept; a person has to look at them."""


class StoreBusy(StoreUnavailable):
    """The writer's queue is full; the caller answers 503 and the sender may come again."""
