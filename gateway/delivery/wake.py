"""Waking a process that waits: a pipe that any process or thread may write to without ever blocking."""

import contextlib
import os
import select

_NEW, _AGAIN = b"!", b"."


class Wake:
    """A pipe of bytes that mean 'look again'. Made before the fork, shared by all processes."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def up(self) -> None:
        """Wake whoever waits: there is something new. A full pipe means that it is awake anyway."""
        self._put(_NEW)

    def again(self) -> None:
        """Wake whoever waits: something that it did itself has ended."""
        self._put(_AGAIN)

    def wait(self, seconds: float) -> bool:
        """Wait until woken, at most `seconds`; return whether there is something new."""
        ready, _, _ = select.select([self._read], [], [], seconds)
        if ready:
            with contextlib.suppress(BlockingIOError):
                return _NEW in os.read(self._read, 65536)
        return False

    def _put(self, word: bytes) -> None:
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._write, word)
