"""Logs: one JSON object a line on standard error, or plain lines where a person looks at a terminal."""

import contextlib
import logging
import os
import sys

import structlog
from structlog.typing import Processor

_STANDARD_ERROR = 2


def configure() -> None:
    """Send the gateway's own log and that of its libraries to standard error."""
    on_terminal = sys.stderr.isatty()
    renderer: Processor = structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer()
    processors: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not on_terminal:
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: _Lines(),
        cache_logger_on_first_use=True,
    )
    # Libraries speak up only when something is wrong; their lines may quote requests, ours never do.
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


class _Lines:
    """Writes each line in one piece, so that processes do not cut into each other's, and never fails.

    The log often lies on the disk that has just filled up, or goes to a reader that has gone: neither may cost a
    payment.
    """

    def msg(self, line: str) -> None:
        """Write one line."""
        with contextlib.suppress(OSError):
            os.write(_STANDARD_ERROR, f"{line}\n".encode("utf-8", "backslashreplace"))

    debug = info = warning = error = critical = msg
