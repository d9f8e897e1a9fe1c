"""Who may look at the gateway and act on it: people with a password, programs with a token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from gateway.domain.settings import Secret


class Right(StrEnum):
    """What somebody may do, each for the tenants that he sees."""

    # See events, payments, deliveries, what was set aside, destinations.
    READ = "read"
    # Have deliveries tried once more.
    REPLAY = "replay"
    # Take quarantined callbacks once more, or mark them as dealt with.
    QUARANTINE = "quarantine"
    # Park and resume destinations.
    DESTINATIONS = "destinations"
    # See the hook URLs, which are secrets.
    URLS = "urls"
    # See the configuration in force, secrets masked, and what people have done.
    GATEWAY = "gateway"


class Role(StrEnum):
    """What a person is to the gateway."""

    # Runs it: sees and does everything, for all tenants.
    OPERATOR = "operator"
    # Runs some tenants.
    TENANT_OPERATOR = "tenant-operator"
    # Looks at some tenants.
    TENANT_VIEWER = "tenant-viewer"


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.OPERATOR: frozenset(Right),
    Role.TENANT_OPERATOR: frozenset(Right) - {Right.GATEWAY},
    Role.TENANT_VIEWER: frozenset({Right.READ}),
}

TOKEN_RIGHTS = (Right.READ, Right.REPLAY, Right.QUARANTINE, Right.DESTINATIONS)
"""What a token may be given."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who has shown who he is."""

    # As the audit names him: user:asha, token:erp.
    name: str
    # None: all.
    tenants: frozenset[str] | None
    rights: frozenset[Right]

    def sees(self, tenant: str) -> bool:
        """Tell whether a tenant is one of his."""
        return self.tenants is None or tenant in self.tenants

    def may(self, right: Right) -> bool:
        """Tell whether he may do this at all."""
        return right in self.rights

    def among(self, tenant: str | None) -> frozenset[str] | tuple[str, ...] | None:
        """Return the tenants that he means: the one named, if it is his, else all of his. None: every one there is."""
        if tenant is None:
            return self.tenants
        return (tenant,) if self.sees(tenant) else ()


@dataclass(frozen=True, slots=True)
class Token:
    """What a program shows. It is kept as its SHA-256 only: 256 random bits cannot be tried out."""

    name: str
    # Hex.
    digest: str
    expires: datetime
    principal: Principal


@dataclass(frozen=True, slots=True)
class User:
    """A person with a password, kept as its argon2 hash."""

    name: str
    password: Secret
    principal: Principal


@dataclass(frozen=True, slots=True)
class Access:
    """Everybody who may come in."""

    tokens: Mapping[str, Token] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=dict)
    # A session ends after so long without a request,
    idle: timedelta = timedelta(minutes=30)
    # and after so long whatever happens.
    longest: timedelta = timedelta(hours=12)

    def holder(self, token: str, now: datetime) -> Principal | None:
        """Return who holds a token, None where nobody does or it has expired.

        Looked up by its digest, so that the time it takes tells nothing about a token.
        """
        found = self.tokens.get(digest_of(token))
        return None if found is None or now >= found.expires else found.principal


def digest_of(token: str) -> str:
    """Return what is kept of a token: its SHA-256, hex."""
    return sha256(token.encode()).hexdigest()
