"""The table of kinds: the word under `auth` -> what makes it. A further kind is one file and one row."""

from collections.abc import Callable, Mapping
from typing import Any

from adapters.http.auth.client_credentials import ClientCredentials
from adapters.http.auth.header import basic, bearer, header
from adapters.http.auth.hmac import HmacAuth
from adapters.http.auth.nothing import Nothing
from adapters.http.auth.protocol import Auth, Desk
from adapters.http.auth.query import QueryAuth
from adapters.http.auth.refresh_token import RefreshToken
from adapters.http.auth.session import Session

KINDS: Mapping[str, Callable[[Any, Desk], Auth]] = {
    "bearer": bearer,
    "basic": basic,
    "header": header,
    "query": QueryAuth,
    "hmac": HmacAuth,
    "oauth2_client_credentials": ClientCredentials,
    "oauth2_refresh_token": RefreshToken,
    "session": Session,
}


def auth_of(settings: Mapping[str, Any] | None, desk: Desk) -> Auth:
    """Return what the `auth` setting describes; the schema holds it to at most one kind."""
    for kind, given in (settings or {}).items():
        if kind in KINDS:
            return KINDS[kind](given, desk)
    return Nothing()
