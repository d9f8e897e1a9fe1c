"""Secrets with which other providers sign: those of a provider, and those that a shortcode has of its own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.settings import Secret
from gateway.settings.nearest import did_you_mean
from gateway.settings.places import Steps, quoted
from gateway.settings.report import Report, Section
from gateway.settings.secrets import Secrets

OFF = ("off", False)
"""How a configuration says that nobody signs. YAML reads `off` without quotes as false."""


def secrets_of(secrets: Secrets, form: Any, steps: Steps) -> tuple[Secret, ...]:
    """Return the secrets of a form: one, or a list of them. What cannot be resolved is left out, and reported."""
    forms = (
        [((*steps, index), inner) for index, inner in enumerate(form)] if isinstance(form, list) else [(steps, form)]
    )
    found = (secrets.resolve(inner, inner_steps) for inner_steps, inner in forms)
    return tuple(each for each in found if each is not None)


@dataclass(frozen=True, slots=True)
class Hmacs:
    """Builds the `hmac` of shortcodes; whatever is wrong with one goes to the report."""

    report: Report
    secrets: Secrets
    # Every kind that `providers` describes, and those of them whose signature it describes.
    declared: Sequence[str]
    signed: Collection[str]

    def build(self, section: Section) -> Mapping[str, tuple[Secret, ...]]:
        """Return the secrets by kind; none at all for a kind that is `off`."""
        found: dict[str, tuple[Secret, ...]] = {}
        for kind in section:
            steps, form = section.at(kind), section.get(kind)
            if form in OFF:
                found[kind] = ()
            elif form is not None and self._is_signed(kind, steps):
                found[kind] = secrets_of(self.secrets, form, steps)
        return found

    def _is_signed(self, kind: str, steps: Steps) -> bool:
        if kind not in self.declared:
            message = f"{quoted(kind)} is no kind that `providers` describes."
            self.report.error(steps, message, did_you_mean(kind, self.declared, "kinds"), at_key=True)
        elif kind not in self.signed:
            message = f"providers.{kind} does not say where the signature stands."
            self.report.error(steps, message, "Add hmac: with header: or field: there.", at_key=True)
        return kind in self.signed
