"""The hook URLs of a configuration: the one place that writes a key into a URL."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gateway.domain.settings import Settings, Shortcode


class Url(NamedTuple):
    """One hook with its URL."""

    tenant: str
    shortcode: str
    kind: str
    url: str


def hook_urls(settings: Settings, kinds: Iterable[str], public_url: str) -> Iterator[Url]:
    """Return one row for each tenant, shortcode and kind that one of the shortcode's keys opens."""
    names = tuple(kinds)
    for tenant in settings.tenants.values():
        for shortcode in tenant.shortcodes.values():
            for kind in names:
                path = hook_path(shortcode, kind)
                if path is not None:
                    yield Url(tenant.id, shortcode.number, kind, public_url.rstrip("/") + path)


def hook_path(shortcode: Shortcode, kind: str) -> str | None:
    """Return the path of the shortcode's hook for that kind, None where no key opens it.

    With several keys (rotation) it is the first: the one to register from now on.
    """
    for key in shortcode.keys:
        if key.kinds is None or kind in key.kinds:
            return f"/hooks/{key.secret.reveal()}/{kind}"
    return None
