"""The cases of the benchmark: each a function from the session to the rows that it found."""

from collections.abc import Callable, Iterable, Mapping

from report import Row
from session import Session

from cases import acks, claim, command, delivery, grown, lost, neighbours, peers, validation

CASES: Mapping[str, Callable[[Session], Iterable[Row]]] = {
    "acks": acks.one_process,
    "two": acks.two_processes,
    "slow-disk": acks.slow_disk,
    "duplicates": acks.duplicates,
    "invalid": acks.invalid,
    "express": peers.express,
    "django": peers.django,
    "delivery": delivery.drain,
    "drain-p99": delivery.acks_while_draining,
    "neighbours": neighbours.bad,
    "claim": claim.backlog,
    "million": grown.million,
    "purge": grown.purge,
    "lost": lost.killed,
    "validation": validation.kinds,
    "help": command.help_page,
}
"""By the name that `--cases` takes."""
