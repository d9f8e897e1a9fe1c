"""Which account a payment goes to: the roles that each kind of event has, and the rules that choose another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.event import Event
from gateway.expressions.globs import any_of
from gateway.expressions.templates import Template, compile_template

DEFAULTS: Mapping[str, str] = {
    # The money that lies at M-Pesa.
    "clearing": "Assets:MPesa:{{ shortcode }}",
    # Payments with a reference, and those without.
    "receivable": "Assets:Receivable",
    "suspense": "Liabilities:MPesa-Suspense",
    # What M-Pesa takes for itself, and the tax in it.
    "charges": "Expenses:MPesa-Charges",
    "vat": "Assets:VAT-Input",
    # Money that goes out: to people, to businesses, to the revenue authority, back to the payer, to the bank.
    "payouts": "Liabilities:Payouts",
    "transfers": "Liabilities:Payable",
    "taxes": "Liabilities:Taxes",
    "reversals": "Liabilities:MPesa-Reversals",
    "bank": "Assets:Bank",
}
"""Role -> account, unless the configuration names another."""

NAMES = ("currency", "provider", "shortcode", "tenant")
"""What the name of an account may be made of: nothing that a payer typed."""

FIELDS: Mapping[str, Callable[[Event], str | None]] = {
    "type": lambda event: event.type,
    "reference": lambda event: event.account_reference,
    "shortcode": lambda event: event.shortcode,
    "kind": lambda event: event.kind,
    "provider": lambda event: event.provider,
    "payee": lambda event: event.payee.name if event.payee else None,
}
"""What a rule's `when` can look at."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Events that all tests match go to the account of this name."""

    tests: tuple[tuple[str, Callable[[str | None], bool]], ...]
    account: str

    def matches(self, event: Event) -> bool:
        """Tell whether it is about this event."""
        return all(test(FIELDS[field](event)) for field, test in self.tests)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The chart as far as exports need it."""

    templates: Mapping[str, Template]
    rules: tuple[Rule, ...]

    def name(self, role: str, event: Event) -> str:
        """Return the account of a role for the shortcode of an event."""
        return self.templates[role].render({name: getattr(event, name) for name in NAMES})

    def against(self, event: Event, role: str) -> str:
        """Return the account that stands against the clearing account: the first rule's, else the role's."""
        chosen = next((rule.account for rule in self.rules if rule.matches(event)), role)
        return self.name(chosen, event)


def accounts_of(named: Mapping[str, str], rules: Sequence[Mapping[str, Any]]) -> Accounts:
    """Return the accounts of accepted settings. Raises FaultyTemplate for a name that cannot be read."""
    templates = {role: compile_template(text, NAMES) for role, text in {**DEFAULTS, **named}.items()}
    return Accounts(templates, tuple(Rule(_tests(rule["when"]), rule["account"]) for rule in rules))


def _tests(when: Mapping[str, Any]) -> tuple[tuple[str, Callable[[str | None], bool]], ...]:
    return tuple(
        (field, any_of([patterns] if isinstance(patterns, str) else patterns)) for field, patterns in when.items()
    )
