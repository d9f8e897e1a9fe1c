"""What templates may take: the event's fields, what steps have saved, and named secrets."""

from collections.abc import Mapping
from typing import Any

from adapters.http.options import GIVEN, Options
from adapters.http.plan import REFUSALS, Plan
from gateway.domain.event import Event
from gateway.domain.settings import Secret

_ALL = frozenset({"raw", "balances"})

PERSONAL = frozenset({"payer", "payee", "account_reference", "context", "ids", "event", "raw", "balances", "secrets"})
"""Names that hold something of the payer's, or may: a phone number stands at the end of a checkout id, too."""


def values_for(
    plan: Plan, event: Event, options: Options, saved: Mapping[str, Any], secrets: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values for the templates of one event. What no step has saved yet is null."""
    taken = plan.names
    if not taken:
        return {}
    return {
        **event.as_dict(_ALL),
        **({"event": event.as_dict(options.include)} if "event" in taken else {}),
        **({REFUSALS: 0} if REFUSALS in taken else {}),
        **dict.fromkeys(plan.saved_names),
        **{name: value for name, value in saved.items() if name in plan.saved_names},
        **constants(options, secrets),
    }


def constants(options: Options, secrets: Mapping[str, Any]) -> dict[str, Any]:
    """Return what templates may take whatever the event."""
    return {**({"secrets": secrets} if secrets else {}), **({GIVEN: options.given} if options.given else {})}


def revealed(secrets: Mapping[str, Secret]) -> dict[str, str]:
    """Return named secrets as they are sent."""
    return {name: secret.reveal() for name, secret in secrets.items()}


def hidden(secrets: Mapping[str, Secret]) -> dict[str, str]:
    """Return named secrets as they are shown."""
    return {name: str(secret) for name, secret in secrets.items()}
