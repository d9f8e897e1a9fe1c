"""An OAuth 2 token endpoint: client credentials, and refresh tokens that rotate (the old one is dead at once)."""

from base64 import b64decode
from collections.abc import Mapping
from itertools import count
from urllib.parse import parse_qs

from erp.emulated.server import Asked, Told, told


class Tokens:
    """Gives access tokens; knows the last ones only."""

    def __init__(self, client: str, secret: str, refresh: str | None = None) -> None:
        self.client = client
        self.secret = secret
        # The one refresh token that is good now.
        self.refresh = refresh
        self.given = 0
        self._numbers = count(1)
        self._live: set[str] = set()

    def give(self, asked: Asked) -> Told:
        """Answer a request for a token."""
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        if self._client(asked, form) != (self.client, self.secret):
            return told(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
        if form.get("grant_type") == "client_credentials" and self.refresh is None:
            return self._token({})
        if form.get("grant_type") == "refresh_token" and self.refresh is not None:
            if form.get("refresh_token") != self.refresh:
                return told(400, {"error": "invalid_grant", "error_description": "Incorrect or expired refresh token"})
            self.refresh = f"refresh-{next(self._numbers)}"
            return self._token({"refresh_token": self.refresh})
        return told(400, {"error": "unsupported_grant_type"})

    def known(self, asked: Asked) -> bool:
        """Tell whether a request bears a live access token, whatever the word before it."""
        return asked.header("Authorization").rpartition(" ")[2] in self._live

    def expire(self) -> None:
        """Let every access token end now."""
        self._live.clear()

    def _token(self, more: Mapping[str, str]) -> Told:
        self.given += 1
        token = f"access-{next(self._numbers)}"
        self._live.add(token)
        return told(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600, **more})

    @staticmethod
    def _client(asked: Asked, form: Mapping[str, str]) -> tuple[str, str]:
        kind, _, value = asked.header("Authorization").partition(" ")
        if kind.lower() == "basic":
            name, _, secret = b64decode(value).decode().partition(":")
            return name, secret
        return form.get("client_id", ""), form.get("client_secret", "")
