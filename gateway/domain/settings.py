"""The configuration once read, checked and resolved: frozen, no YAML left, secrets wrapped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.domain.lane import LaneSettings
from gateway.domain.provider import DeclaredKind
from gateway.domain.question import ValidationRule

if TYPE_CHECKING:
    from gateway.domain.access import Access
    from gateway.domain.alerts import Alerts
    from gateway.domain.references import ReferenceList

Network = IPv4Network | IPv6Network

LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


class Secret:
    """A text that does not print itself: `str` and `repr` give ***; `reveal()` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret text. Call it where it is used, never where it is kept or shown."""
        return self._text

    def __str__(self) -> str:
        return "***"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True)
class Server:
    """How the gateway listens."""

    host: str = "127.0.0.1"
    port: int = 8080
    # What M-Pesa calls; no trailing slash. `ngrok`: a running agent of ngrok knows it.
    public_url: str = "http://127.0.0.1:8080"
    workers: int = 1
    trusted_proxies: tuple[Network, ...] = ()
    # Who may read /metrics.
    metrics: tuple[Network, ...] = LOOPBACK


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is no longer needed is kept; None means for ever."""

    # Bytes of callbacks whose events have been delivered.
    raw: timedelta | None = None
    # Attempts of what has been delivered.
    attempts: timedelta | None = None
    # C2B validations.
    questions: timedelta | None = None
    # Quarantined callbacks that have been resolved.
    quarantine: timedelta | None = None
    # Name and phone of payers, and all else that is kept of them, of payments that have been delivered.
    payer: timedelta | None = None
    # When `serve` purges by itself, by Nairobi's clock; None: never.
    nightly: time | None = None


@dataclass(frozen=True, slots=True)
class HookKey:
    """One key of a shortcode. `kinds` None means every kind; else the key opens only these."""

    secret: Secret
    kinds: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """How much open quarantine of one kind is kept for a shortcode; what comes above either is answered 503."""

    rows: int = 10_000
    # In bytes, headers included.
    size: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Shortcode:
    """A paybill or till number of one tenant and how its callbacks are taken."""

    number: str
    tenant: str
    # "paybill" or "till"
    type: str
    keys: tuple[HookKey, ...]
    # Store number of a till; a body that names either belongs to this shortcode.
    store: str | None = None
    # None: any source address is taken.
    allow_from: tuple[Network, ...] | None = None
    # "quarantine" or "refuse": what happens to a callback from another address.
    on_mismatch: str = "quarantine"
    merge_window: timedelta = timedelta(0)
    # None: nothing is held for its age.
    hold_older_than: timedelta | None = timedelta(days=7)
    # "accept" or one of C2B00011..C2B00016
    validation_default: str = "accept"
    validation_budget: timedelta = timedelta(seconds=3)
    quarantine: Quota = Quota()
    # By kind, the secrets of its own with which a provider signs; none at all means that no signature is looked at.
    hmac: Mapping[str, tuple[Secret, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """The waits between attempts; n waits mean n + 1 attempts. `jitter` (0.1 = 10 %) is only ever added."""

    waits: tuple[timedelta, ...] = tuple(
        timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 21600, 43200, 86400, 86400)
    )
    jitter: float = 0.1


@dataclass(frozen=True, slots=True)
class Destination:
    """A tenant's named use of an adapter."""

    name: str
    tenant: str
    adapter: str
    # The adapter's own settings as its schema accepted them; secrets are Secret, paths absolute.
    settings: Mapping[str, Any] = field(default_factory=dict)
    retry: RetrySchedule = RetrySchedule()
    lane: LaneSettings = LaneSettings()


@dataclass(frozen=True, slots=True)
class Route:
    """A matcher and where its events go. `when` maps a field name to the glob patterns of which one must match."""

    when: Mapping[str, tuple[str, ...]]
    to: tuple[str, ...]
    # True: later routes are looked at too.
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Tenant:
    """A business whose payments we carry."""

    id: str
    name: str
    shortcodes: Mapping[str, Shortcode] = field(default_factory=dict)
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    # None: nothing is said about C2B validation, and the shortcode's default is the answer to every question.
    validation: tuple[ValidationRule, ...] | None = None
    references: "Mapping[str, ReferenceList]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration of one gateway."""

    path: Path
    server: Server
    # SQLAlchemy URL; an SQLite path in it is absolute.
    store_url: Secret
    tenants: Mapping[str, Tenant]
    # SHA-256 of the files it came from, hex; shown by /readyz.
    digest: str
    # Kinds of other providers' callbacks by name.
    providers: Mapping[str, DeclaredKind] = field(default_factory=dict)
    retention: Retention = Retention()
    # The folder that keeps callbacks while the store takes none; None: they are refused then.
    spool: Path | None = None
    # None: nobody is told anything.
    alerts: "Alerts | None" = None
    # None: neither API nor console is there.
    access: "Access | None" = None

    def destination(self, tenant: str, name: str) -> Destination | None:
        """Return the destination of that tenant, or None where it is no longer configured."""
        found = self.tenants.get(tenant)
        return None if found is None else found.destinations.get(name)
