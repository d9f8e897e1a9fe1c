"""Lists of references: kept fresh by the server, read at once by commands."""

from typing import TYPE_CHECKING

from gateway.domain.settings import Settings

if TYPE_CHECKING:
    from gateway.domain.references import LookUp, ReferenceList


def lists_of(settings: Settings) -> "list[ReferenceList]":
    """Return the lists of references of all tenants."""
    return [each for tenant in settings.tenants.values() for each in tenant.references.values()]


def reading(settings: Settings, unread: dict[str, str]) -> "LookUp":
    """Return a look-up that reads a list when it is asked for; what cannot be read goes to `unread` with the reason."""
    from gateway.references.kept import KeptLists

    lists = KeptLists(lists_of(settings))

    def look_up(tenant: str, name: str) -> frozenset[str] | None:
        fault = lists.read(tenant, name)
        if fault is not None:
            unread[name] = fault
        return lists.look_up(tenant, name)

    return look_up
