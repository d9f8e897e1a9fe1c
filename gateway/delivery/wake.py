"""Waking a process that waits: a pipe that any process or thread may write to without ever blocking."""

import contextlib
import os
import select


class Wake:
    """A pipe of bytes that mean nothing but 'look again'. Made before the fork, shared by all processes."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def up(self) -> None:
        """Wake whoever waits. A full pipe means that it is awake anyway."""
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._write, b"!")

    def wait(self, seconds: float) -> None:
        """Wait until woken, at most `seconds`."""
        ready, _, _ = select.select([self._read], [], [], seconds)
        if ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._read, 65536)
