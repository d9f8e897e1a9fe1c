"""Routes: matchers and the destinations they lead to, and the mistakes that can be seen without any event."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.settings import Route
from gateway.expressions.globs import any_of
from gateway.settings.nearest import did_you_mean
from gateway.settings.places import Steps, quoted
from gateway.settings.report import Report, Section

# Fields of which every event has one, so that * always matches them.
_ALWAYS_THERE = ("type", "shortcode", "kind", "outcome", "provider", "origin")

_WITHOUT_TYPE = ("payment.succeeded",)

_OUTCOMES = ("unknown", "failed", "succeeded")
_ORIGINS = ("callback", "reconciled", "imported")

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Routes:
    """Builds the routes of a tenant; whatever is wrong with one goes to the report."""

    report: Report
    kinds: Sequence[str]

    def build(self, section: Section) -> tuple[Route, ...]:
        """Return the routes of a tenant's section."""
        count = len(section.raw("routes") or ()) if isinstance(section.raw("routes"), list) else 0
        steps = [section.at("routes", index) for index in range(count)]
        destinations = tuple(section.section("destinations"))
        routes = [self._route(Section(self.report, each), destinations) for each in steps]
        self._warn_of_unreachable(routes, steps)
        if self.report.is_sound(section.at("routes")):
            self._warn_of_unused(section.section("destinations"), routes)
        return tuple(routes)

    def _route(self, section: Section, destinations: tuple[str, ...]) -> Route:
        when = section.section("when")
        to = _listed(section.get("to"))
        for index, name in enumerate(to):
            if name not in destinations:
                steps = section.at("to", index) if isinstance(section.raw("to"), list) else section.at("to")
                remedy = did_you_mean(name, destinations, "destinations")
                self.report.error(steps, f"this tenant has no destination {quoted(name)}.", remedy)
        for field, names in {"kind": self.kinds, "outcome": _OUTCOMES, "origin": _ORIGINS}.items():
            self._check_names(when, field, names)
        patterns = {field: _listed(when.get(field)) for field in when if when.get(field) is not None}
        return Route(when=patterns, to=to, goes_on=section.get("continue", False))

    def _check_names(self, when: Section, field: str, names: Sequence[str]) -> None:
        for index, pattern in enumerate(_listed(when.get(field))):
            if not any(map(any_of([pattern]), names)):
                steps = when.at(field, index) if isinstance(when.raw(field), list) else when.at(field)
                remedy = did_you_mean(pattern, names, "names")
                self.report.error(steps, f"no {field} is or matches {quoted(pattern)}.", remedy)

    def _warn_of_unreachable(self, routes: list[Route], steps: list[Steps]) -> None:
        for index, route in enumerate(routes):
            above = next((i for i in range(index) if not routes[i].goes_on and covers(routes[i], route)), None)
            if above is not None and all(self.report.is_sound(steps[i]) for i in (above, index)):
                line = self.report.document.place(steps[above]).line
                message = f"never used: the route in line {line} takes everything that this one matches."
                self.report.warning(steps[index], message, "Put this one first, or write continue: true there.")

    def _warn_of_unused(self, destinations: Section, routes: Iterable[Route]) -> None:
        used = {name for route in routes for name in route.to}
        for name in destinations:
            if name not in used and not self.report.is_wrong(destinations.at(name)):
                message = "no route leads to this destination."
                self.report.warning(destinations.at(name), message, f"Add {name} to a route's to.", at_key=True)


def covers(wide: Route, narrow: Route) -> bool:
    """Tell whether every event that `narrow` matches is surely matched by `wide` too."""
    wanted, given = _effective(wide.when), _effective(narrow.when)
    return all(
        ("*" in patterns and field in _ALWAYS_THERE)
        or (field in given and all(_is_covered(pattern, patterns) for pattern in given[field]))
        for field, patterns in wanted.items()
    )


def _effective(when: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {"type": _WITHOUT_TYPE, **when}


def _is_covered(pattern: str, patterns: tuple[str, ...]) -> bool:
    if pattern in patterns or "*" in patterns:
        return True
    return not _WILD & set(pattern) and any_of(patterns)(pattern)


def _listed(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)
