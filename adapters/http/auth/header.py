"""A header that carries a fixed secret: bearer, basic, and any other."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.http.auth.protocol import Auth, Desk
from adapters.http.header_value import value_problems
from adapters.http.outgoing import Outgoing
from gateway.domain.settings import Secret


class HeaderAuth(Auth):
    """Puts one header, made once from the settings."""

    def __init__(self, header: str, value: Secret, parts: tuple[Secret, ...]) -> None:
        self.header = header
        self._value = value
        # Every form of the secret that an answer might echo.
        self._parts = parts

    def secrets(self) -> Iterator[Secret]:
        """Yield the secret and its forms."""
        yield from self._parts

    def authorise(self, outgoing: Outgoing) -> Outgoing:
        """Return the request with the header."""
        return outgoing.adding({str(self.header): self._value.reveal()})

    def faults(self) -> Iterator[str]:
        """Yield what keeps the secret from being sent."""
        if any(not part.reveal() for part in self._parts):
            yield "`auth` holds an empty secret."
        yield from value_problems("`auth`: the secret", self._value.reveal())


def bearer(token: Secret, _desk: Desk) -> Auth:
    """Return the auth of `bearer: token`."""
    return HeaderAuth("Authorization", Secret(f"Bearer {token.reveal()}"), (token,))


def basic(given: Mapping[str, Any], _desk: Desk) -> Auth:
    """Return the auth of `basic: {user, password}`."""
    password: Secret = given["password"]
    pair = basic_pair(given["user"], password)
    return HeaderAuth("Authorization", Secret(f"Basic {pair.reveal()}"), (pair, password))


def header(given: Mapping[str, Any], _desk: Desk) -> Auth:
    """Return the auth of `header: {name, value, prefix}`."""
    value: Secret = given["value"]
    return HeaderAuth(given["name"], Secret(prefixed(given.get("prefix", ""), value.reveal())), (value,))


def basic_pair(user: str, password: Secret) -> Secret:
    """Return user and password as HTTP basic authentication writes them (RFC 7617, UTF-8)."""
    return Secret(b64encode(f"{user}:{password.reveal()}".encode()).decode())


def prefixed(prefix: str, value: str) -> str:
    """Return a value behind its prefix: after a word comes a space, after a sign such as = none."""
    return f"{prefix}{' ' if prefix[-1:].isalnum() else ''}{value}"
