"""What clients did and heard: the record that a checker compares with what the gateway and the receivers hold."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

# ok: answered, and not with 5xx. fail: surely never received (no connection). info: sent, and nobody knows more.
Outcome = Literal["ok", "fail", "info"]


@dataclass(frozen=True, slots=True)
class Post:
    """A callback to be posted."""

    tenant: str
    shortcode: str
    kind: str
    body: bytes
    # The ids of payments that it tells of: receipt and checkout id. None of them: it is malformed.
    names: tuple[str, ...]
    # True: it tells of money that came. The receipt is the first of the names.
    paid: bool = False

    @property
    def malformed(self) -> bool:
        return not self.names


@dataclass(frozen=True, slots=True)
class Operation:
    """One posting of a callback, from `invoked` to `ended` by one clock."""

    number: int
    post: Post
    invoked: float
    ended: float = float("inf")
    # An operation that never came to its end is as good as `info`.
    outcome: Outcome = "info"
    status: int | None = None
    result: str | None = None


@dataclass
class Ending:
    """What a client fills in before its operation ends."""

    outcome: Outcome = "info"
    status: int | None = None
    result: str | None = None


class History:
    """All operations of all clients."""

    def __init__(self) -> None:
        self._operations: dict[int, Operation] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    @contextmanager
    def operation(self, post: Post) -> Iterator[Ending]:
        """Log an invocation, and its end with what the block has put into the ending."""
        with self._lock:
            invoked = Operation(next(self._numbers), post, time.monotonic())
            self._operations[invoked.number] = invoked
        ending = Ending()
        yield ending
        ended = replace(
            invoked, ended=time.monotonic(), outcome=ending.outcome, status=ending.status, result=ending.result
        )
        with self._lock:
            self._operations[ended.number] = ended

    def operations(self) -> tuple[Operation, ...]:
        """Return the operations in the order of their invocation."""
        with self._lock:
            return tuple(self._operations[number] for number in sorted(self._operations))
