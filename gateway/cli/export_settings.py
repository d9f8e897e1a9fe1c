"""Which settings a file made by hand has: those of the destination that makes such files, so that both are the same."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.errors import PesagateError
from gateway.domain.settings import Settings, Tenant

ADAPTER = "export"


def settings_for(
    settings: Settings, tenant: str, file_format: str | None, preset: str | None, destination: str | None
) -> Mapping[str, Any]:
    """Return the settings of the destination named, or of the tenant's only one of that format, else plain ones.

    A format or preset that is asked for counts before the destination's. Raises PesagateError.
    """
    found = settings.tenants.get(tenant)
    if found is None:
        raise PesagateError(f"No tenant is called {tenant!r}; there are: {', '.join(sorted(settings.tenants))}.")
    base = _named(found, destination) if destination is not None else _fitting(found, file_format, preset)
    if file_format not in (None, base.get("format")):
        # Columns and the like belong to the other format.
        base = {key: value for key, value in base.items() if key in _COMMON}
    if preset is not None:
        base = {key: value for key, value in base.items() if key != "columns"} | {"preset": preset}
    return {"folder": str(settings.path.parent), **base, "format": file_format or base["format"]}


_COMMON = ("folder", "currency", "accounts", "rules", "vat", "phone", "account_number", "journal")


def _named(tenant: Tenant, name: str) -> Mapping[str, Any]:
    found = tenant.destinations.get(name)
    if found is None or found.adapter != ADAPTER:
        names = [each.name for each in tenant.destinations.values() if each.adapter == ADAPTER]
        there = f"there are: {', '.join(names)}" if names else "it has none"
        raise PesagateError(f"{tenant.id} has no export destination {name!r}; {there}.")
    return found.settings


def _fitting(tenant: Tenant, file_format: str | None, preset: str | None) -> Mapping[str, Any]:
    fitting = [
        each
        for each in tenant.destinations.values()
        if each.adapter == ADAPTER
        and each.settings["format"] == file_format
        and (preset is None or each.settings.get("preset", "generic") == preset)
    ]
    if len(fitting) > 1:
        names = ", ".join(each.name for each in fitting)
        raise PesagateError(
            f"{tenant.id} has several destinations for {file_format}: add --destination, one of {names}."
        )
    return fitting[0].settings if fitting else {}
