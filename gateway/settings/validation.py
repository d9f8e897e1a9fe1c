"""C2B validation rules, and the mistakes that can be seen without any question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.domain.question import ACCEPT, AmountRange, Conditions, PayerState, ValidationRule
from gateway.domain.settings import Shortcode
from gateway.expressions.globs import any_of
from gateway.expressions.patterns import PatternError, fits
from gateway.settings.nearest import did_you_mean, listed
from gateway.settings.places import quoted
from gateway.settings.references import SOURCES, THE_ONE
from gateway.settings.report import Report, Section

_OF_REFERENCE = ("reference", "reference_regex", "reference_in")


@dataclass(frozen=True, slots=True)
class Validation:
    """Builds the validation rules of a tenant; whatever is wrong with one goes to the report."""

    report: Report

    def build(self, section: Section, shortcodes: Mapping[str, Shortcode]) -> tuple[ValidationRule, ...] | None:
        """Return the rules of a tenant's section, None where it has no `validation`."""
        written = section.raw("validation")
        if not isinstance(written, list):
            return None
        lists = self._list_names(section.section("references"))
        places = [Section(self.report, section.at("validation", index)) for index in range(len(written))]
        rules = [self._rule(number, place, shortcodes, lists) for number, place in enumerate(places, 1)]
        self._refuse_unreachable(rules, places)
        self._warn_of_tills(rules, places, shortcodes)
        if self.report.is_sound(section.at("validation")):
            self._warn_of_unused(section.section("references"), rules)
        return tuple(rules)

    def _rule(
        self, number: int, section: Section, shortcodes: Mapping[str, Shortcode], lists: Sequence[str]
    ) -> ValidationRule:
        self._check_action(section)
        when, unless = (self._conditions(section, key, shortcodes, lists) for key in ("when", "unless"))
        decision = section.get("reject", ACCEPT)
        return ValidationRule(number, decision, when, unless, tuple(section.get("normalise", ())))

    def _check_action(self, section: Section) -> None:
        found = [key for key in ("accept", "reject") if key in section]
        if self.report.is_wrong(section.steps) or len(found) == 1:
            return
        if found:
            message, remedy = "cannot both accept and reject.", "Remove one of them."
        else:
            message, remedy = "decides nothing.", "Add accept: true, or reject: with a code such as C2B00012."
        self.report.error(section.steps, message, remedy)

    def _conditions(
        self, rule: Section, key: str, shortcodes: Mapping[str, Shortcode], lists: Sequence[str]
    ) -> Conditions | None:
        if key not in rule:
            return None
        section = rule.section(key)
        self._check_regex(section)
        self._check_list(section, lists)
        self._check_shortcodes(section, shortcodes)
        return Conditions(
            reference=_listed(section.get("reference")),
            reference_regex=section.get("reference_regex"),
            reference_in=section.get("reference_in"),
            amount=self._amount(section.section("amount")),
            shortcode=_listed(section.get("shortcode")),
            payer=None if section.get("payer") is None else tuple(map(PayerState, _listed(section.get("payer")) or ())),
        )

    def _check_regex(self, section: Section) -> None:
        pattern = section.get("reference_regex")
        if pattern is None:
            return
        try:
            fits(pattern)
        except PatternError as error:
            self.report.error(section.at("reference_regex"), f"{error}.", "Write a simpler one, or use reference.")

    def _check_list(self, section: Section, lists: Sequence[str]) -> None:
        name = section.get("reference_in")
        if name is not None and name not in lists:
            message = f"this tenant's references have no list {quoted(name)}."
            self.report.error(section.at("reference_in"), message, did_you_mean(name, lists, "lists"))

    def _check_shortcodes(self, section: Section, shortcodes: Mapping[str, Shortcode]) -> None:
        stores = {each.store: number for number, each in shortcodes.items() if each.store}
        for index, pattern in enumerate(_listed(section.get("shortcode")) or ()):
            if any(map(any_of([pattern]), shortcodes)):
                continue
            steps = section.at("shortcode", index) if isinstance(section.raw("shortcode"), list) else None
            till = stores.get(pattern)
            remedy = (
                f"It is the store of till {till}: write {quoted(till)}."
                if till
                else did_you_mean(pattern, shortcodes, "shortcodes")
            )
            message = f"no shortcode of this tenant is or matches {quoted(pattern)}."
            self.report.error(steps or section.at("shortcode"), message, remedy)

    def _amount(self, section: Section) -> AmountRange | None:
        least, most = (None if section.get(key) is None else Decimal(section.get(key)) for key in ("min", "max"))
        if least is not None and most is not None and least > most:
            message = f"min {quoted(section.get('min'))} is more than max {quoted(section.get('max'))}."
            self.report.error(section.steps, message, "Swap them.")
        return None if least is None and most is None else AmountRange(least, most)

    def _list_names(self, section: Section) -> list[str]:
        return [THE_ONE] if any(kind in section for kind in SOURCES) else list(section)

    def _refuse_unreachable(self, rules: Sequence[ValidationRule], places: Sequence[Section]) -> None:
        """A rule below one that decides every question is a mistake about money: what it refuses is let through."""
        for rule, place in zip(rules, places, strict=True):
            whole = self.report.is_sound(place.steps) and not ("when" in place or "unless" in place)
            if whole and rule.number < len(rules):
                line = self.report.document.place(place.steps).line
                message = f"never used: the rule in line {line} decides every question before."
                remedy = "Put this one first, or give that one a when: or unless:."
                self.report.error(places[rule.number].steps, message, remedy)
                return

    def _warn_of_tills(
        self, rules: Sequence[ValidationRule], places: Sequence[Section], shortcodes: Mapping[str, Shortcode]
    ) -> None:
        tills = [number for number, each in shortcodes.items() if each.type == "till"]
        for rule, place in zip(rules, places, strict=True):
            hit = [till for till in tills if _refuses_all_of(rule, till)]
            accepted = [each for each in rules[: rule.number - 1] if each.decision == ACCEPT and each.when]
            left = [till for till in hit if not any(_speaks_of(each.when, till) for each in accepted)]
            if left and self.report.is_sound(place.steps):
                message = f"payments to a till have no reference, so this refuses all that are for {listed(left)}."
                self.report.warning(place.steps, message, "Add when: {shortcode: ...} with the paybills it is for.")

    def _warn_of_unused(self, references: Section, rules: Sequence[ValidationRule]) -> None:
        used = {each.reference_in for rule in rules for each in (rule.when, rule.unless) if each is not None}
        for name, section in references.sections().items():
            if name not in used and self.report.is_sound(section.steps) and any(kind in section for kind in SOURCES):
                message, remedy = "no validation rule uses this list.", f"Write reference_in: {name} in a rule."
                self.report.warning(section.steps, message, remedy, at_key=True)


def _refuses_all_of(rule: ValidationRule, till: str) -> bool:
    """Tell whether a question of the till, which has no reference, is refused whatever else it says."""
    if rule.decision == ACCEPT or rule.unless is None or not _without_reference(rule.unless):
        return False
    return rule.when is None or (_only_shortcode(rule.when) and _speaks_of(rule.when, till))


def _without_reference(conditions: Conditions) -> bool:
    return any(getattr(conditions, name) is not None for name in _OF_REFERENCE)


def _only_shortcode(conditions: Conditions) -> bool:
    return conditions == Conditions(shortcode=conditions.shortcode)


def _speaks_of(conditions: Conditions | None, till: str) -> bool:
    return bool(conditions and conditions.shortcode and any_of(conditions.shortcode)(till))


def _listed(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    return tuple(value) if isinstance(value, list) else (value,)
