"""OAuth 2 refresh tokens (RFC 6749 section 6) that rotate: each is good once, and the answer holds the next.

Whoever loses the next one has lost the account until a person authorises it anew. So:

1. before the endpoint is asked, a claim is committed: one asks at a time, whatever process or destination it is in;
2. the new token is committed before anything is sent with it;
3. where a process ended between the endpoint's answer and that commit, the claim stays as a mark. The old token is
   tried once more, since most endpoints take it for a while; if it is refused, a person is told what has happened.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from adapters.http.answer import Answer
from adapters.http.auth.header import prefixed
from adapters.http.auth.issued import Issued, IssuedAuth, end_of
from adapters.http.auth.kept_token import KeptToken
from adapters.http.auth.protocol import Desk, Unauthorised
from adapters.http.auth.source import NeverAsked, Refusal
from adapters.http.auth.token_endpoint import TokenEndpoint
from gateway.domain.adapter import Vault
from gateway.domain.errors import StoreUnavailable
from gateway.domain.settings import Secret

# A claim that is older than the endpoint's time-out and this was left behind.
_GRACE = timedelta(seconds=15)
# So long somebody else's claim is waited for.
_PATIENCE_S = 3.0
_POLL_S = 0.1


class RefreshToken(IssuedAuth):
    """Gets access tokens by a refresh token, and keeps what came last in the vault."""

    only_in_delivery = True

    def __init__(self, given: Mapping[str, Any], desk: Desk) -> None:
        super().__init__(desk.clock, (given.get("header", "Authorization"),))
        self._desk = desk
        self._endpoint = TokenEndpoint.of(given)
        self._first: Secret = given["refresh_token"]
        self._prefix: str = given.get("prefix", "Bearer")
        # Destinations with the same first token share what became of it; another first token begins anew.
        self._key = f"http/refresh_token/{sha256(self._first.reveal().encode()).hexdigest()[:40]}"
        # What came and could not be committed yet: the claim that it takes the place of, and the new value.
        self._uncommitted: tuple[str, KeptToken] | None = None

    def own_secrets(self) -> Iterator[Secret]:
        """Yield the client's secret and the first refresh token."""
        yield self._first
        if self._endpoint.client_secret is not None:
            yield self._endpoint.client_secret

    def faults(self) -> Iterator[str]:
        """Yield what keeps the token endpoint from being asked."""
        yield from self._endpoint.faults(self._desk.allow_plain)
        if not self._first.reveal():
            yield "`auth` holds an empty secret."

    def problems(self) -> Iterator[str]:
        """Yield all that is wrong with the settings."""
        yield from self.faults()
        yield from self._endpoint.source.out_of_bounds(self._desk.allow_plain)

    def issue(self, refused: Issued | None) -> Issued:
        """Return the kept access token where it is still good; else ask for the next."""
        vault = self._desk.vault()
        if vault is None:
            raise Unauthorised(
                _unavailable("Refresh tokens are used by `pesagate serve` only, which can keep the next.")
            )
        try:
            self._commit_late(vault)
            before, kept = self._settled(vault)
            if self._is_usable(kept, refused):
                return self._issued_of(kept)
            return self._next(vault, before, kept)
        except StoreUnavailable:
            raise Unauthorised(_unavailable("The store cannot keep a new token now; nothing was sent.")) from None

    def _settled(self, vault: Vault) -> tuple[str | None, KeptToken]:
        """Return what is kept, once nobody else is asking. Raises Unauthorised where somebody is, for long."""
        give_up = time.monotonic() + _PATIENCE_S
        while True:
            text = vault.get(self._key)
            kept = KeptToken(self._first) if text is None else KeptToken.of(text)
            self.remember(kept.refresh, *([kept.access] if kept.access else ()))
            left = self._claim_left(kept)
            if left is None:
                return text, kept
            if time.monotonic() > give_up:
                seconds = max(1, int(left.total_seconds()) + 1)
                raise Unauthorised(
                    _unavailable(
                        "Another attempt is getting a new token, or ended while it was; "
                        f"this clears within {seconds} s. Nothing was sent."
                    )
                )
            time.sleep(_POLL_S)

    def _claim_left(self, kept: KeptToken) -> timedelta | None:
        """Return how long the claim of another still counts, None where there is none."""
        if kept.claimed is None:
            return None
        longest = timedelta(seconds=self._desk.seconds) + _GRACE
        left = kept.claimed + longest - self._clock()
        # A clock that was put back must not hold everything for as long as it was ahead.
        return left if timedelta(0) < left <= longest + _GRACE else None

    def _is_usable(self, kept: KeptToken, refused: Issued | None) -> bool:
        if kept.access is None or (kept.until is not None and kept.until <= self._clock()):
            return False
        return refused is None or self._issued_of(kept).headers != refused.headers

    def _next(self, vault: Vault, before: str | None, kept: KeptToken) -> Issued:
        now = self._clock()
        claim = kept.claim(now)
        if not vault.swap(self._key, before, claim.text):
            raise Unauthorised(_unavailable("Another attempt is getting a new token; nothing was sent."))
        try:
            request = self._endpoint.request("refresh_token", refresh_token=kept.refresh.reveal())
            token = self._endpoint.token(self._desk.ask(request), tuple(self.secrets()))
        except Unauthorised as trouble:
            vault.swap(self._key, claim.text, _after(trouble, kept, claim).text)
            raise self._told(trouble, kept) from None
        following = kept.following(token, end_of(token.get("expires_in"), now))
        self.remember(following.refresh)
        self._uncommitted = (claim.text, following)
        self._commit_late(vault)
        return self._issued_of(following)

    def _commit_late(self, vault: Vault) -> None:
        """Commit what came, also where that failed before: until then it is not used. Raises StoreUnavailable."""
        if self._uncommitted is None:
            return
        claim, following = self._uncommitted
        if not vault.swap(self._key, claim, following.text) and vault.get(self._key) == claim:
            raise StoreUnavailable("the new token could not be committed")
        self._uncommitted = None

    def _told(self, trouble: Unauthorised, kept: KeptToken) -> Unauthorised:
        """Say what has happened where the refresh token is taken no more: only a person can help."""
        if not isinstance(trouble, Refusal) or trouble.error != "invalid_grant":
            return trouble
        cut = f" A renewal at {_minute(kept.unsure)} was cut off before its new one was stored." if kept.unsure else ""
        note = (
            f"{self._endpoint.source.named} takes the refresh token no more (invalid_grant); "
            f"nothing was sent.{cut} Authorise Pesagate there anew, put the new token into `refresh_token`, and replay."
        )
        return Unauthorised(replace(trouble.answer, broken="auth_lost", note=note))

    def _issued_of(self, kept: KeptToken) -> Issued:
        access = kept.access or Secret("")
        value = Secret(prefixed(self._prefix, access.reveal()))
        return Issued({str(self.header): value}, (access, kept.refresh), kept.until)


def _after(trouble: Unauthorised, kept: KeptToken, claim: KeptToken) -> KeptToken:
    """Return what is kept after an answer without a token: only where nobody knows what it did, the mark stays."""
    is_known = isinstance(trouble, Refusal | NeverAsked)
    return replace(claim, claimed=None, unsure=kept.unsure if is_known else claim.unsure)


def _unavailable(note: str) -> Answer:
    return Answer(broken="auth_unavailable", note=note)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
