"""Tenants, and what must not be the same in two of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.domain.settings import Secret, Tenant
from gateway.settings.destinations import Destinations
from gateway.settings.places import Place, Steps
from gateway.settings.references import References
from gateway.settings.report import Report, Section
from gateway.settings.routes import Routes
from gateway.settings.shortcodes import PlacedShortcode, Shortcodes
from gateway.settings.validation import Validation


@dataclass(frozen=True, slots=True)
class Tenants:
    """Builds tenants; whatever is wrong in or between them goes to the report."""

    report: Report
    shortcodes: Shortcodes
    destinations: Destinations
    routes: Routes
    validation: Validation
    references: References

    def build(self, sections: dict[str, Section]) -> dict[str, Tenant]:
        """Return the tenants by name."""
        placed: list[PlacedShortcode] = []
        tenants: dict[str, Tenant] = {}
        for name, section in sections.items():
            own = self._shortcodes(name, section.section("shortcodes"))
            placed += own
            shortcodes = {each.shortcode.number: each.shortcode for each in own}
            destinations = section.section("destinations").sections()
            tenants[name] = Tenant(
                id=name,
                name=section.get("name", name),
                shortcodes=shortcodes,
                destinations={each: self.destinations.build(each, name, inner) for each, inner in destinations.items()},
                routes=self.routes.build(section),
                validation=self.validation.build(section, shortcodes),
                references=self.references.build(name, section.section("references")),
            )
        self._refuse_numbers_used_twice(placed)
        self._refuse_keys_used_twice(placed)
        return tenants

    def _shortcodes(self, tenant: str, section: Section) -> list[PlacedShortcode]:
        numbers = section.sections()
        return [self.shortcodes.build(number, tenant, inner) for number, inner in numbers.items()]

    def _refuse_numbers_used_twice(self, placed: Iterable[PlacedShortcode]) -> None:
        first: dict[str, tuple[PlacedShortcode, Steps]] = {}
        for each, number, steps in _numbers(placed):
            if number not in first:
                first[number] = each, steps
                continue
            other, other_steps = first[number]
            place = self._place(other_steps)
            role = "a shortcode" if other_steps == other.steps else f"the store of shortcode {other.shortcode.number}"
            message = (
                f"{number} is already {role} of tenant {other.shortcode.tenant} ({place.file}, line {place.line})."
            )
            is_store = steps != each.steps
            self.report.error(steps, message, "A number belongs to one place only: remove one.", at_key=not is_store)

    def _refuse_keys_used_twice(self, placed: Iterable[PlacedShortcode]) -> None:
        first: dict[Secret, PlacedShortcode] = {}
        for each in placed:
            for key in each.keys:
                other = first.setdefault(key.key.secret, each)
                if other is not each:
                    whose = f"{other.shortcode.number} of tenant {other.shortcode.tenant}"
                    message = f"the same key opens shortcode {whose}."
                    self.report.error(key.steps, message, "Make a new one with `pesagate keys new`.")

    def _place(self, steps: Steps) -> Place:
        return self.report.document.key_place(steps)


def _numbers(placed: Iterable[PlacedShortcode]) -> Iterator[tuple[PlacedShortcode, str, Steps]]:
    for each in placed:
        yield each, each.shortcode.number, each.steps
        if each.shortcode.store is not None:
            yield each, each.shortcode.store, (*each.steps, "store")
