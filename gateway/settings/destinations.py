"""Destinations: the adapter's own settings checked against its schema, its marked values resolved."""

from dataclasses import dataclass
from typing import Any

from gateway.domain.event import NAMES
from gateway.domain.settings import Destination, RetrySchedule, Secret
from gateway.expressions.templates import FaultyTemplate, compile_template
from gateway.settings.adapters import Adapters, FaultySchemaError
from gateway.settings.database_url import absolute_url
from gateway.settings.durations import duration, fraction_of
from gateway.settings.lanes import LANE_KEYS, lane_of
from gateway.settings.markers import DATABASE_URL, DURATION, SECRET, TEMPLATE, marked
from gateway.settings.nearest import listed, nearest
from gateway.settings.paths import absolute
from gateway.settings.places import Steps, quoted
from gateway.settings.report import Report, Section
from gateway.settings.schema_check import check
from gateway.settings.secrets import Secrets
from gateway.settings.variable_types import settle_types

COMMON_KEYS = ("adapter", "retry", *LANE_KEYS)
"""Keys of a destination that belong to the gateway; all others are its adapter's."""

# Gone by the time that the adapter's are looked at, but meant by who misspells it.
_READ_BEFORE = ("recipe",)


@dataclass(frozen=True, slots=True)
class Destinations:
    """Builds destinations; whatever is wrong with one goes to the report."""

    report: Report
    secrets: Secrets
    adapters: Adapters

    def build(self, name: str, tenant: str, section: Section) -> Destination:
        """Return the destination of a section."""
        adapter = section.get("adapter", "")
        own = {key: section.raw(key) for key in section if key not in COMMON_KEYS}
        if adapter and self._is_known(adapter, section):
            own = self._checked(adapter, own, section)
        return Destination(name, tenant, adapter, own, self._retry(section.section("retry")), lane_of(section))

    def _is_known(self, adapter: str, section: Section) -> bool:
        known = self.adapters.known.adapters
        if adapter in known:
            return True
        near = nearest(adapter, known)
        guess = f"Did you mean {quoted(near)}? " if near else ""
        remedy = f"{guess}Available: {listed(sorted(known))}." if known else "None is installed."
        self.report.error(section.at("adapter"), f"there is no adapter {quoted(adapter)}.", remedy)
        return False

    def _checked(self, adapter: str, own: dict[str, Any], section: Section) -> dict[str, Any]:
        try:
            validator = self.adapters.validator(adapter)
            return self._validated(validator, own, section)
        except FaultySchemaError as error:
            message = f"the adapter {adapter} has a faulty settings schema: {error}."
            self.report.error(section.at("adapter"), message, "Tell its author.")
            return own

    def _validated(self, validator: Any, own: dict[str, Any], section: Section) -> dict[str, Any]:
        settle_types(self.report.document, validator, own, section.steps)
        check(self.report, validator, own, section.steps, (*COMMON_KEYS, *_READ_BEFORE))
        marks = {steps: (mark, schema) for steps, mark, schema in marked(validator, own, section.steps)}
        return {key: self._resolved(value, section.at(key), marks) for key, value in own.items()}

    def _resolved(self, value: Any, steps: Steps, marks: dict[Steps, Any]) -> Any:
        if steps in marks:
            return self._marked(value, steps, *marks[steps]) if self.report.is_sound(steps) else None
        if isinstance(value, dict):
            return {key: self._resolved(inner, (*steps, key), marks) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._resolved(inner, (*steps, index), marks) for index, inner in enumerate(value)]
        return value

    def _marked(self, value: Any, steps: Steps, mark: str, schema: dict[str, Any]) -> Any:
        if mark == SECRET:
            return self._secret(value, steps, schema.get("x-text") or {})
        if mark == DURATION:
            return duration(self.report, value, steps)
        if mark == TEMPLATE:
            return self._template(value, steps)
        return str(absolute(value, self.report.document.place(steps).file))

    def _secret(self, value: Any, steps: Steps, text: dict[str, Any]) -> Secret | None:
        is_url = text.get(DATABASE_URL) is True
        # One without a user name has no password either.
        secret = self.secrets.resolve(value, steps, text, plain_is_fine=is_url and "@" not in str(value))
        return absolute_url(self.report, secret, steps) if is_url and secret is not None else secret

    def _template(self, value: str, steps: Steps) -> str:
        try:
            compile_template(value, NAMES)
        except FaultyTemplate as error:
            self.report.error(steps, str(error) if str(error).endswith("?") else f"{error}.")
        return value

    def _retry(self, section: Section) -> RetrySchedule:
        schedule, jitter = section.get("schedule"), section.get("jitter")
        default = RetrySchedule()
        waits = [duration(self.report, text, section.at("schedule", i)) for i, text in enumerate(schedule or ())]
        return RetrySchedule(
            waits=default.waits if schedule is None else tuple(wait for wait in waits if wait is not None),
            jitter=default.jitter if jitter is None else fraction_of(jitter),
        )
