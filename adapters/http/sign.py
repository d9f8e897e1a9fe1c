"""Signatures of Standard Webhooks (standardwebhooks.com, version 1): who gets a request can tell that it is ours."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest

from adapters.http.masking import MASK
from adapters.http.outgoing import Outgoing
from gateway.domain.settings import Secret

HEADER = "webhook-signature"

_PREFIX = "whsec_"
# The specification asks for 24 to 64; what is shorter than this can be guessed.
_LEAST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with every key, the newest first, so that a receiver may go over to a new one when it likes."""

    keys: tuple[Secret, ...]

    @classmethod
    def of(cls, given: Secret | Sequence[Secret] | None) -> "Signer":
        """Return the signer of the `sign` setting: one key, several, or none."""
        if given is None:
            return cls(())
        return cls((given,) if isinstance(given, Secret) else tuple(given))

    def sign(self, outgoing: Outgoing) -> Outgoing:
        """Return the request with a signature of each key over its id, time and body."""
        if not self.keys:
            return outgoing
        head = f"{outgoing.header('webhook-id')}.{outgoing.header('webhook-timestamp')}."
        signed = head.encode() + outgoing.body
        marks = (b64encode(digest(key_bytes(key), signed, sha256)).decode() for key in self.keys)
        return outgoing.adding({HEADER: " ".join(f"v1,{mark}" for mark in marks)})

    def shown(self, outgoing: Outgoing) -> Outgoing:
        """Return the request as people see it: whoever has a signature could send the request himself for a while."""
        if not self.keys:
            return outgoing
        return outgoing.adding({HEADER: " ".join(f"v1,{MASK}" for _ in self.keys)})

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the keys."""
        for number, key in enumerate(self.keys, 1):
            which = "`sign`" if len(self.keys) == 1 else f"`sign`: key {number}"
            if not _is_base64(key):
                yield f"{which} is no Standard Webhooks secret: it must be whsec_ and then base64."
            elif len(key_bytes(key)) < _LEAST_BYTES:
                yield f"{which} holds fewer than {_LEAST_BYTES} bytes; 24 to 64 are asked for."


def key_bytes(key: Secret) -> bytes:
    """Return the bytes of a secret; its prefix and the filling at its end may be missing, as in the reference."""
    return b64decode(key.reveal().removeprefix(_PREFIX) + "==")


def _is_base64(key: Secret) -> bool:
    text = key.reveal().removeprefix(_PREFIX).rstrip("=")
    try:
        return bool(b64decode(text + "=" * (-len(text) % 4), validate=True))
    except (binascii.Error, ValueError):
        return False
