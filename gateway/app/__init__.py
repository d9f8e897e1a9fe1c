"""The composition root: settings to store, adapters and server. The only room that wires; commands start here.

Each function imports what it needs, so that `check` does not pay for a server.
"""

from typing import TYPE_CHECKING

from gateway import registry
from gateway.app.again import choose_replays, replay, reprocess
from gateway.app.hooks import compile_hooks, kinds, kinds_of
from gateway.app.loading import check, effective, load_settings, settings_to_serve
from gateway.app.serving import serve
from gateway.app.trial import Trial, try_callback
from gateway.app.urls import Url, hook_urls

if TYPE_CHECKING:
    from gateway.domain.adapter import Adapter
    from gateway.domain.settings import Destination

__all__ = [
    "Trial",
    "Url",
    "adapter_of",
    "check",
    "choose_replays",
    "compile_hooks",
    "effective",
    "hook_urls",
    "kinds",
    "kinds_of",
    "load_settings",
    "replay",
    "reprocess",
    "serve",
    "settings_to_serve",
    "try_callback",
]


def adapter_of(destination: "Destination") -> "Adapter":
    """Return the adapter of a destination. Raises PesagateError where there is none of that name."""
    return registry.make(destination)
