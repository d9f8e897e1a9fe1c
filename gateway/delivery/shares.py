"""Sharing threads among destinations, so that none of them can take what another one needs."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)
Request = TypeVar("Request")


def shared(wished: Mapping[Name, Sequence[Request]], idle: Collection[Name], free: int) -> list[tuple[Name, Request]]:
    """Return the requests that begin now, of those that destinations wish for.

    Each destination gets one before any gets two, and one thread is left for each of the `idle` (who have no request
    under way), whether they wish for it now or in a moment.
    """
    chosen: list[tuple[Name, Request]] = []
    reserved = set(idle)
    for turn in range(max((len(requests) for requests in wished.values()), default=0)):
        for name, requests in wished.items():
            if turn < len(requests) and free > len(reserved) - (name in reserved):
                reserved.discard(name)
                chosen.append((name, requests[turn]))
                free -= 1
    return chosen
