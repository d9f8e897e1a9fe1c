"""A kind of callback that the configuration describes: a schema, expressions and tables instead of code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.domain.outcome import Outcome

if TYPE_CHECKING:
    from gateway.domain.settings import Secret

ISO, EPOCH, EPOCH_MS = "iso", "epoch", "epoch_ms"
"""Forms of a time beside those that strptime reads: ISO 8601, seconds since 1970, milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a time stands and how it is written. A time without an offset is one of `timezone`."""

    pick: str
    form: str = ISO
    timezone: str = "Africa/Nairobi"


@dataclass(frozen=True, slots=True)
class Signature:
    """An HMAC that the sender adds to its callbacks."""

    # Any of them will do, so that one can be changed while another is still in use. Empty: shortcodes have their own.
    secrets: "tuple[Secret, ...]"
    # Where it stands: in this header, or in what this expression gives. Exactly one is set.
    header: str | None = None
    field: str | None = None
    # The member of the body whose text is signed; None: the whole body is.
    over: str | None = None
    # sha1, sha256 or sha512
    algorithm: str = "sha256"
    # hex or base64
    encoding: str = "hex"


@dataclass(frozen=True, slots=True)
class DeclaredKind:
    """One kind of another provider's callbacks. Expressions are JMESPath on the body as it came."""

    # As in the hook's URL.
    name: str
    provider: str
    # JSON Schema of the body.
    schema: Mapping[str, Any]
    # Gives the provider's id that makes a callback the same again.
    identity: str
    # Gives the code, and what each code means; one that is not listed is unknown.
    outcome: str
    outcomes: Mapping[str, Outcome]
    # Expression by the name of the event's field, such as "amount" or "payer.msisdn".
    picks: Mapping[str, str] = field(default_factory=dict)
    # Expression by id name (receipt, checkout, originator, conversation), the strongest first.
    keys: Mapping[str, str] = field(default_factory=dict)
    occurred_at: Moment | None = None
    family: str = "payment"
    direction: str = "in"
    methods: tuple[str, ...] = ("POST",)
    # Expression by the name of a member of the answer's body.
    answer: Mapping[str, str] = field(default_factory=dict)
    # HTTP status of an answer that says "received".
    status: int = 200
    signature: Signature | None = None
