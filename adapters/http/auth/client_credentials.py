"""OAuth 2 client credentials (RFC 6749 section 4.4): a token for the client itself, as Business Central wants it."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.http.auth.header import prefixed
from adapters.http.auth.issued import Issued, IssuedAuth, end_of
from adapters.http.auth.protocol import Desk
from adapters.http.auth.token_endpoint import TokenEndpoint
from gateway.domain.settings import Secret


class ClientCredentials(IssuedAuth):
    """Tokens live in memory: after a restart there is a new one for the asking."""

    def __init__(self, given: Mapping[str, Any], desk: Desk) -> None:
        super().__init__(desk.clock, (given.get("header", "Authorization"),))
        self._desk = desk
        self._endpoint = TokenEndpoint.of(given)
        self._prefix: str = given.get("prefix", "Bearer")

    def own_secrets(self) -> Iterator[Secret]:
        """Yield the client's secret."""
        if self._endpoint.client_secret is not None:
            yield self._endpoint.client_secret

    def issue(self, refused: Issued | None) -> Issued:  # noqa: ARG002
        """Ask for a token."""
        reply = self._desk.ask(self._endpoint.request("client_credentials"))
        token = self._endpoint.token(reply, tuple(self.secrets()))
        access = Secret(token["access_token"])
        value = Secret(prefixed(self._prefix, access.reveal()))
        return Issued({str(self.header): value}, (access,), end_of(token.get("expires_in"), self._clock()))

    def faults(self) -> Iterator[str]:
        """Yield what keeps the token endpoint from being asked."""
        yield from self._endpoint.faults(self._desk.allow_plain)

    def problems(self) -> Iterator[str]:
        """Yield all that is wrong with the settings."""
        yield from self.faults()
        yield from self._endpoint.source.out_of_bounds(self._desk.allow_plain)
