"""An OAuth 2 token endpoint (RFC 6749): how it is asked, and what its answers mean. The library is oauthlib."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749.errors import MissingTokenError
from oauthlib.oauth2.rfc6749.parameters import parse_token_response, prepare_token_request

from adapters.http.answer import Answer, visible
from adapters.http.auth.protocol import Reply, Unauthorised
from adapters.http.auth.source import Source
from adapters.http.header_value import value_problems
from adapters.http.masking import masked
from adapters.http.outgoing import Outgoing
from gateway import __version__
from gateway.domain.settings import Secret

# What an endpoint says of itself; every other error speaks of us.
_TEMPORARY_ERRORS = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Where tokens come from, and who we are there."""

    url: str
    client_id: str
    client_secret: Secret | None
    # The client's credentials go into the body, not into a header.
    in_body: bool
    scope: str | None
    extra: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "TokenEndpoint":
        """Read the settings."""
        return cls(
            url=given["token_url"],
            client_id=given["client_id"],
            client_secret=given.get("client_secret"),
            in_body=given.get("client_auth", "basic") == "body" or given.get("client_secret") is None,
            scope=given.get("scope"),
            extra=dict(given.get("extra") or {}),
        )

    @property
    def source(self) -> Source:
        """What it is to people, and what its troubles mean."""
        return Source("token endpoint", "token_url", self.url)

    def request(self, grant: str, **parameters: str) -> Outgoing:
        """Return the request for a token."""
        secret = self.client_secret.reveal() if self.client_secret and self.in_body else None
        asked: dict[str, Any] = {**self.extra, **parameters, **({"scope": self.scope} if self.scope else {})}
        body = prepare_token_request(
            grant, include_client_id=self.in_body, client_id=self.client_id, client_secret=secret, **asked
        ).encode()
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
            "User-Agent": f"pesagate/{__version__}",
        }
        return Outgoing("POST", self.url, {**headers, **self._identification()}, body)

    def token(self, reply: Reply, secrets: tuple[Secret, ...]) -> Mapping[str, Any]:
        """Return the token of an answer. Raises Refusal, NeverAsked or Unauthorised; `secrets` are masked in them."""
        answer = reply.answer
        self.source.require_judged(answer)
        try:
            token: Mapping[str, Any] = parse_token_response(reply.body.decode("utf-8", "replace"))
        except MissingTokenError:
            raise self._without_token(answer) from None
        except OAuth2Error as error:
            raise self._refused(error, answer, secrets) from None
        except (ValueError, TypeError, AttributeError, LookupError):
            raise self._without_token(answer) from None
        access = token.get("access_token")
        is_good = isinstance(access, str) and access != "" and not any(value_problems("", access))
        if (answer.status or 0) // 100 != 2 or not is_good:
            raise self._without_token(answer)
        return token

    def faults(self, allow_plain: bool) -> Iterator[str]:
        """Yield what keeps it from being asked."""
        yield from self.source.faults(allow_plain)
        if self.client_secret is not None and not self.client_secret.reveal():
            yield "`auth` holds an empty secret."

    def _identification(self) -> dict[str, str]:
        if self.in_body or self.client_secret is None:
            return {}
        # Encoded before they are joined: RFC 6749 section 2.3.1.
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret.reveal())}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}

    def _without_token(self, answer: Answer) -> Unauthorised:
        status = answer.status or 0
        if status // 100 == 2:
            return self.source.unavailable("answered without a token that can be used", answer)
        return self.source.refused(f"answered {status}")

    def _refused(self, error: OAuth2Error, answer: Answer, secrets: tuple[Secret, ...]) -> Unauthorised:
        word = visible(masked(str(error.error), secrets))[:64]
        if error.error in _TEMPORARY_ERRORS:
            return self.source.unavailable(f"said {word}", answer)
        said = visible(masked(str(error.description or ""), secrets))[:200]
        return self.source.refused(f"refused ({word}: {said})" if said else f"refused ({word})", str(error.error))
