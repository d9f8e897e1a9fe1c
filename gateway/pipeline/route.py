"""Events to destinations: the first route that matches decides, unless it says `continue`."""

from collections.abc import Callable, Mapping, Sequence

from gateway.domain.event import Event
from gateway.domain.received import Router
from gateway.domain.settings import Route
from gateway.expressions.globs import any_of

FIELDS: Mapping[str, Callable[[Event], str | None]] = {
    "type": lambda event: event.type,
    "reference": lambda event: event.account_reference,
    "shortcode": lambda event: event.shortcode,
    "kind": lambda event: event.kind,
    "outcome": lambda event: event.outcome.text,
    "provider": lambda event: event.provider,
    "origin": lambda event: event.origin,
}
"""What a route's `when` can look at."""

# A route that names no type carries money that has come, nothing else: no failure or payout reaches an ERP by accident.
_UNLESS_WRITTEN = ("payment.succeeded",)


def compile_routes(routes: Sequence[Route]) -> Router:
    """Return the function from an event to the names of its destinations, each once, in the order of the routes."""
    compiled = [(_matcher(route.when), route) for route in routes]

    def route_event(event: Event) -> tuple[str, ...]:
        destinations: dict[str, None] = {}
        for matches, route in compiled:
            if matches(event):
                destinations.update(dict.fromkeys(route.to))
                if not route.goes_on:
                    break
        return tuple(destinations)

    return route_event


def _matcher(when: Mapping[str, tuple[str, ...]]) -> Callable[[Event], bool]:
    tests = [(FIELDS[field], any_of(patterns)) for field, patterns in ({"type": _UNLESS_WRITTEN} | dict(when)).items()]
    return lambda event: all(test(read(event)) for read, test in tests)
