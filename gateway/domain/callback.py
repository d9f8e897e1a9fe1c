"""A callback: one inbound request as it came, and what authentication knows of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from gateway.domain.quick import dataclass


@dataclass(frozen=True, slots=True)
class Callback:
    """One authenticated inbound request: bytes, headers, time and kind, before anything is made of it."""

    id: int
    tenant: str
    shortcode: str
    kind: str
    body: bytes
    content_type: str
    headers: Mapping[str, str]
    # Bounded query parameters of the hook's URL; they become `context` on the event.
    context: Mapping[str, str]
    # The address the request came from, as authentication decided it.
    source: str
    received_at: datetime
    # SHA-256 of the bytes: tells whether two bodies are the same to the letter.
    fingerprint: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fingerprint", hashlib.sha256(self.body).digest())

    @property
    def body_digest(self) -> str:
        """The fingerprint in hex."""
        return self.fingerprint.hex()
