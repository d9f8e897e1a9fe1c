"""How a destination is told who we are: one header, made once from the settings, never shown."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.settings import Secret


@dataclass(frozen=True, slots=True)
class Credential:
    """The header that carries the secret, and every form of the secret that an answer might echo."""

    header: str
    value: Secret
    # Masked wherever they turn up in what the destination says.
    parts: tuple[Secret, ...]


def credential(auth: Mapping[str, Any] | None) -> Credential | None:
    """Return the credential that the `auth` setting describes; the schema holds it to exactly one kind."""
    if not auth:
        return None
    ((kind, given),) = auth.items()
    return _KINDS[kind](given)


def _bearer(token: Secret) -> Credential:
    return Credential("Authorization", Secret(f"Bearer {token.reveal()}"), (token,))


def _basic(given: Mapping[str, Any]) -> Credential:
    password: Secret = given["password"]
    pair = Secret(b64encode(f"{given['user']}:{password.reveal()}".encode()).decode())
    return Credential("Authorization", Secret(f"Basic {pair.reveal()}"), (pair, password))


def _header(given: Mapping[str, Any]) -> Credential:
    return Credential(given["name"], given["value"], (given["value"],))


_KINDS: Mapping[str, Callable[[Any], Credential]] = {"bearer": _bearer, "basic": _basic, "header": _header}
