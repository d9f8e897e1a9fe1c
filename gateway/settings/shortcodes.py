"""Shortcodes: how the callbacks of one paybill or till are taken."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.domain.settings import HookKey, Quota, Shortcode
from gateway.settings.durations import duration
from gateway.settings.hmacs import Hmacs
from gateway.settings.keys import Keys
from gateway.settings.networks import allowed
from gateway.settings.places import Steps
from gateway.settings.report import Report, Section
from gateway.settings.sizes import size_of

_LONGEST_BUDGET = timedelta(seconds=5)
# What fits whatever comes: a body of 64 KiB, headers and a query of 20 KiB, written as JSON.
_LEAST_QUARANTINE, _MOST_QUARANTINE = 256 << 10, 1 << 40


@dataclass(frozen=True, slots=True)
class PlacedKey:
    """A hook key and where its form stands."""

    key: HookKey
    steps: Steps


@dataclass(frozen=True, slots=True)
class PlacedShortcode:
    """A shortcode, where it stands, and where each of its keys does."""

    shortcode: Shortcode
    steps: Steps
    keys: tuple[PlacedKey, ...]


@dataclass(frozen=True, slots=True)
class Shortcodes:
    """Builds shortcodes; whatever is wrong with one goes to the report."""

    report: Report
    keys: Keys
    hmacs: Hmacs

    def build(self, number: str, tenant: str, section: Section) -> PlacedShortcode:
        """Return the shortcode of a section, keys placed."""
        form: Any = section.get("key")
        placed = () if form is None else self.keys.build(form, section.at("key"))
        shortcode = Shortcode(
            number=number,
            tenant=tenant,
            type=section.get("type", ""),
            keys=_together([key for key, _ in placed]),
            store=section.get("store"),
            allow_from=allowed(section),
            on_mismatch=section.get("on_mismatch", "quarantine"),
            merge_window=self._duration(section, "merge_window", timedelta(0)),
            hold_older_than=self._hold(section),
            validation_default=section.get("validation_default", "accept"),
            validation_budget=self._budget(section),
            quarantine=self._quota(section),
            hmac=self.hmacs.build(section.section("hmac")),
        )
        return PlacedShortcode(shortcode, section.steps, tuple(PlacedKey(key, steps) for key, steps in placed))

    def _duration(self, section: Section, key: str, default: timedelta) -> timedelta:
        text = section.get(key)
        found = None if text is None else duration(self.report, text, section.at(key))
        return default if found is None else found

    def _hold(self, section: Section) -> timedelta | None:
        # YAML reads `off` without quotes as false.
        if section.get("hold_older_than") in ("off", False):
            return None
        return self._duration(section, "hold_older_than", timedelta(days=7))

    def _budget(self, section: Section) -> timedelta:
        budget = self._duration(section, "validation_budget", timedelta(seconds=3))
        if not timedelta(0) < budget <= _LONGEST_BUDGET:
            message = "must be more than nothing and at most 5s, since M-Pesa waits about 8s for the answer."
            self.report.error(section.at("validation_budget"), message, "Write 3s.")
        return budget

    def _quota(self, section: Section) -> Quota:
        size = size_of(section.get("quarantine_size", "64MiB")) or 0
        if not _LEAST_QUARANTINE <= size <= _MOST_QUARANTINE:
            message = "must be at least 256KiB, so that there is room for any one callback, and at most 1024GiB."
            self.report.error(section.at("quarantine_size"), message, "Write 64MiB.")
        return Quota(section.get("quarantine_limit", 10_000), size)


def _together(keys: list[HookKey]) -> tuple[HookKey, ...]:
    """Return the keys with each secret once, open for all kinds that it was given for."""
    kinds: dict[Any, frozenset[str] | None] = {}
    for key in keys:
        before = kinds.get(key.secret, frozenset())
        kinds[key.secret] = None if key.kinds is None or before is None else before | key.kinds
    return tuple(HookKey(secret, opened) for secret, opened in kinds.items())
