"""Sessions: a login whose cookies, or whose token, go along with each request (SAP Business One, Frappe, home-made)."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from adapters.http.auth.header import prefixed
from adapters.http.auth.issued import Issued, IssuedAuth, end_of
from adapters.http.auth.protocol import Desk, Reply
from adapters.http.auth.source import Source
from adapters.http.header_value import value_problems
from adapters.http.outgoing import Outgoing
from gateway import __version__
from gateway.domain.settings import Secret
from gateway.expressions.picks import CannotPick, FaultyPick, Pick, compile_pick
from gateway.expressions.templates import CannotRender, FaultyTemplate, compile_template


class Session(IssuedAuth):
    """Logs in when there is no session, when its life is over, and once where the destination says 401."""

    def __init__(self, given: Mapping[str, Any], desk: Desk) -> None:
        self._token: str | None = given.get("token")
        self._cookies: tuple[str, ...] | None = tuple(given["cookies"]) if "cookies" in given else None
        self._token_header: str = given.get("header", "Authorization")
        super().__init__(desk.clock, self._headers(), frozenset(given.get("renew_on", (401,))))
        self._desk = desk
        self._given = given
        self._source = Source("login at", "url", given["url"])
        self._life: timedelta | None = given.get("lifetime")
        self._prefix: str = given.get("prefix", "Bearer")

    def own_secrets(self) -> Iterator[Secret]:
        """Yield the named secrets, which the login's body is made of."""
        yield from self._desk.named.values()

    def issue(self, refused: Issued | None) -> Issued:  # noqa: ARG002
        """Log in."""
        reply = self._desk.ask(self._request())
        self._source.require_judged(reply.answer)
        status = reply.answer.status or 0
        if status // 100 != 2:
            raise self._source.refused(f"answered {status}")
        headers = {**self._cookie_header(reply), **self._token_headers(reply)}
        values = tuple(value for value in self._parts(reply) if value.reveal())
        life = None if self._life is None else self._life.total_seconds()
        return Issued(headers, values, end_of(life, self._clock()))

    def problems(self) -> Iterator[str]:
        """Yield all that is wrong with the settings."""
        yield from self.faults()
        yield from self._source.out_of_bounds(self._desk.allow_plain)

    def faults(self) -> Iterator[str]:
        """Yield what keeps the login from being asked."""
        yield from self._source.faults(self._desk.allow_plain)
        try:
            self._body()
        except (FaultyTemplate, CannotRender) as error:
            yield f"`auth`: `session`: {error}."
        try:
            self._pick()
        except FaultyPick as error:
            yield f"`auth`: `token`: {error}."

    def _headers(self) -> tuple[str, ...]:
        # Where there is a token, cookies count only if they are named.
        by_token = (self._token_header,) if self._token else ()
        return ("Cookie", *by_token) if self._takes_cookies else by_token

    @property
    def _takes_cookies(self) -> bool:
        return self._cookies is not None or self._token is None

    def _request(self) -> Outgoing:
        try:
            body, content_type = self._body()
        except (FaultyTemplate, CannotRender) as error:
            raise self._source.refused(f"was not asked: {error}") from None
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": content_type,
            "Content-Length": str(len(body)),
            "User-Agent": f"pesagate/{__version__}",
        }
        return Outgoing("POST", self._given["url"], headers, body)

    def _body(self) -> tuple[bytes, str]:
        secrets = {name: secret.reveal() for name, secret in self._desk.named.items()}
        if "form" in self._given:
            form = _rendered(self._given["form"], secrets)
            return urlencode(form).encode(), "application/x-www-form-urlencoded"
        return json.dumps(_rendered(self._given.get("json", {}), secrets)).encode(), "application/json"

    def _pick(self) -> Pick | None:
        return compile_pick(self._token) if self._token else None

    def _cookie_header(self, reply: Reply) -> dict[str, Secret]:
        if not self._takes_cookies:
            return {}
        found = _cookies(reply)
        missing = [name for name in self._cookies or () if name not in found]
        if missing:
            raise self._source.refused(f"set no cookie {missing[0]}")
        if not found:
            raise self._source.refused("set no cookie")
        taken = found if self._cookies is None else {name: found[name] for name in self._cookies}
        return {"Cookie": Secret("; ".join(f"{name}={value}" for name, value in taken.items()))}

    def _token_headers(self, reply: Reply) -> dict[str, Secret]:
        if not self._token:
            return {}
        return {self._token_header: Secret(prefixed(self._prefix, self._token_of(reply)))}

    def _token_of(self, reply: Reply) -> str:
        try:
            pick = self._pick()
            token = pick(json.loads(reply.body)) if pick is not None else None
        except (FaultyPick, CannotPick, ValueError, RecursionError):
            token = None
        if not isinstance(token, str) or not token or any(value_problems("", token)):
            raise self._source.refused(f"answered without what `token` picks ({self._token})")
        return token

    def _parts(self, reply: Reply) -> Iterator[Secret]:
        if self._takes_cookies:
            yield from (Secret(value) for value in _cookies(reply).values())
        if self._token:
            yield Secret(self._token_of(reply))


def _cookies(reply: Reply) -> dict[str, str]:
    """Return the cookies that were set: what they are for does not count, as they go to this destination only."""
    pairs = (line.partition(";")[0].partition("=") for line in reply.cookies)
    found = {name.strip(): value.strip() for name, _, value in pairs}
    return {name: value for name, value in found.items() if name and value and not any(value_problems("", value))}


def _rendered(value: Any, secrets: Mapping[str, str]) -> Any:
    """Return a body with the templates in its texts worked out. Raises FaultyTemplate and CannotRender."""
    if isinstance(value, Mapping):
        return {key: _rendered(inner, secrets) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rendered(inner, secrets) for inner in value]
    if isinstance(value, str) and "{{" in value:
        return compile_template(value, ("secrets",)).render({"secrets": secrets})
    return value
