"""The settings of one `http` destination as the adapter uses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from adapters.http.network import DEFAULT_TIMEOUT, Network
from adapters.http.sign import Signer
from gateway.domain.settings import Secret

GIVEN = "with"
"""The setting, and the name in templates, of values that the user gives."""

__all__ = ["DEFAULT_TIMEOUT", "GIVEN", "Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """What `schemas/adapters/http.json` accepted, with its defaults filled in."""

    # The destination's name.
    name: str
    url: str
    # As it stands in the configuration; `adapters.http.auth` makes it work.
    auth: Mapping[str, Any] | None
    signer: Signer
    # Named secrets that templates may take.
    secrets: Mapping[str, Secret]
    network: Network
    headers: Mapping[str, str]
    # Sends the callback's own bytes instead of the event.
    raw: bool
    # The receiver is declared to take the same request twice without harm.
    idempotent: bool
    include: frozenset[str]
    # The path of `url` is a secret: whoever knows it may post.
    hides_path: bool
    # Wraps the event as {type, timestamp, data}.
    enveloped: bool
    # Values of the user's own that templates may take, a recipe's parameters among them.
    given: Mapping[str, Any]

    @classmethod
    def of(cls, settings: Mapping[str, Any], name: str = "") -> "Options":
        """Read accepted and resolved settings."""
        return cls(
            name=name,
            url=settings["url"],
            auth=settings.get("auth"),
            signer=Signer.of(settings.get("sign")),
            secrets=dict(settings.get("secrets") or {}),
            network=Network.of(settings),
            headers=dict(settings.get("headers") or {}),
            raw=settings.get("raw", False),
            idempotent=settings.get("idempotent", False),
            include=frozenset(settings.get("include") or ()),
            hides_path=settings.get("hide_path", False),
            enveloped=settings.get("envelope") == "standard",
            given=dict(settings.get(GIVEN) or {}),
        )

    @property
    def timeout(self) -> timedelta:
        """How long one request may take, answer included."""
        return self.network.timeout

    @property
    def groups(self) -> dict[str, Mapping[str, Any]]:
        """What templates may take whatever the event, by the name that it stands under."""
        return {name: inner for name, inner in (("secrets", self.secrets), (GIVEN, self.given)) if inner}

    @property
    def once(self) -> bool:
        """True where a send that may have arrived must not be repeated blindly: raw bytes carry no id of ours."""
        return self.raw and not self.idempotent
