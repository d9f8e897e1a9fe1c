"""An OAuth 2 token endpoint (RFC 6749): how it is asked, and what its answers mean. The library is oauthlib."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlsplit

from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749.errors import MissingTokenError
from oauthlib.oauth2.rfc6749.parameters import parse_token_response, prepare_token_request

from adapters.http.answer import Answer, visible
from adapters.http.auth.protocol import Reply, Unauthorised
from adapters.http.header_value import value_problems
from adapters.http.masking import masked
from adapters.http.outgoing import Outgoing
from gateway import __version__
from gateway.domain.settings import Secret

# What an endpoint says of itself; every other error speaks of us.
_TEMPORARY_ERRORS = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
_TEMPORARY_STATUS = frozenset({408, 425, 429})
# Known before anything was sent, and as permanent for a token endpoint as for the destination.
_AS_THEY_ARE = frozenset({"refused_address", "proxy_auth", "faulty_tls"})
_NEVER_SENT = frozenset({*_AS_THEY_ARE, "no_connection", "tls"})

_WORDS: Mapping[str, str] = {
    "no_connection": "cannot be reached",
    "tls": "cannot be reached over TLS",
    "timeout": "did not answer in time",
    "connection_cut": "cut the connection",
    "bad_answer": "sent something that is not an HTTP answer",
}


class Refusal(Unauthorised):
    """The endpoint has judged the request and said no; `error` is its word, such as invalid_grant."""

    def __init__(self, answer: Answer, error: str) -> None:
        super().__init__(answer)
        self.error = error


class NeverAsked(Unauthorised):
    """The request did not reach the endpoint."""


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
    def host(self) -> str:
        """Name of its host, for people."""
        return urlsplit(self.url).hostname or ""

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
        if answer.broken is not None:
            raise self._broken(answer)
        status = answer.status or 0
        if status >= 500 or status in _TEMPORARY_STATUS:
            raise Unauthorised(self._unavailable(f"answered {status}", answer))
        try:
            token: Mapping[str, Any] = parse_token_response(reply.body.decode("utf-8", "replace"))
        except MissingTokenError:
            raise self._without_token(answer) from None
        except OAuth2Error as error:
            raise self._refused(error, answer, secrets) from None
        except (ValueError, TypeError, AttributeError, LookupError):
            raise self._without_token(answer) from None
        access = token.get("access_token")
        if status // 100 != 2 or not isinstance(access, str) or not access or any(value_problems("", access)):
            raise self._without_token(answer)
        return token

    def problems(self, allow_plain: bool) -> Iterator[str]:
        """Yield what is wrong with the settings."""
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not allow_plain:
            yield "`auth`: `token_url` must begin with https://, or the client's secret could be read on its way."
        if "@" in parts.netloc:
            yield "`auth`: `token_url` holds a user name or password; they belong into client_id and client_secret."
        if self.client_secret is not None and not self.client_secret.reveal():
            yield "`auth` holds an empty secret."

    def _identification(self) -> dict[str, str]:
        if self.in_body or self.client_secret is None:
            return {}
        # Encoded before they are joined: RFC 6749 section 2.3.1.
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret.reveal())}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}

    def _broken(self, answer: Answer) -> Unauthorised:
        kind = NeverAsked if answer.broken in _NEVER_SENT else Unauthorised
        if answer.broken in _AS_THEY_ARE:
            return kind(answer)
        return kind(self._unavailable(_WORDS.get(str(answer.broken), "did not answer"), answer))

    def _unavailable(self, what: str, answer: Answer) -> Answer:
        note = f"The token endpoint {self.host} {what}; nothing was sent to the destination."
        return Answer(None, answer.headers, None, "auth_unavailable", note)

    def _without_token(self, answer: Answer) -> Unauthorised:
        status = answer.status or 0
        if status // 100 == 2:
            return Unauthorised(self._unavailable("answered without a token that can be used", answer))
        note = f"The token endpoint {self.host} answered {status}; nothing was sent. Look at `auth`, `token_url` too."
        return Refusal(Answer(None, answer.headers, None, "auth_refused", note), "")

    def _refused(self, error: OAuth2Error, answer: Answer, secrets: tuple[Secret, ...]) -> Unauthorised:
        word = visible(masked(str(error.error), secrets))[:64]
        if error.error in _TEMPORARY_ERRORS:
            return Unauthorised(self._unavailable(f"said {word}", answer))
        said = visible(masked(str(error.description or ""), secrets))[:200]
        words = f"{word}: {said}" if said else word
        note = f"The token endpoint {self.host} refused ({words}); nothing was sent. Look at `auth`."
        return Refusal(Answer(None, answer.headers, None, "auth_refused", note), str(error.error))
