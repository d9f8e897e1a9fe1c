"""A header with an HMAC of what is sent, for receivers that have a scheme of their own."""

import hmac
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adapters.http.auth.header import prefixed
from adapters.http.auth.protocol import Auth, Desk
from adapters.http.masking import MASK
from adapters.http.outgoing import Outgoing
from gateway.domain.settings import Secret

_ENCODINGS: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda mark: b64encode(mark).decode(),
}

# What is signed; the time is the one that webhook-timestamp tells.
_SIGNED: Mapping[str, Callable[[str, bytes], bytes]] = {
    "body": lambda _time, body: body,
    "timestamp.body": lambda time, body: f"{time}.".encode() + body,
}


class HmacAuth(Auth):
    """Signs each request anew."""

    def __init__(self, given: Mapping[str, Any], _desk: Desk) -> None:
        self.header: str = given["header"]
        self._secret: Secret = given["secret"]
        self._algorithm: str = given.get("algorithm", "sha256")
        self._encode = _ENCODINGS[given.get("encoding", "hex")]
        self._signed = _SIGNED[given.get("signs", "body")]
        self._prefix: str = given.get("prefix", "")
        self._timestamp_header: str | None = given.get("timestamp_header")

    def secrets(self) -> Iterator[Secret]:
        """Yield the key."""
        yield self._secret

    def authorise(self, outgoing: Outgoing) -> Outgoing:
        """Return the request with its signature, and with the time where a header is named for it."""
        signed = self._signed(outgoing.header("webhook-timestamp"), outgoing.body)
        mark = self._encode(hmac.digest(self._secret.reveal().encode(), signed, self._algorithm))
        return self._with(outgoing, prefixed(self._prefix, mark))

    def shown(self, outgoing: Outgoing) -> Outgoing:
        """Return the request with the signature masked."""
        return self._with(outgoing, MASK)

    def names(self) -> tuple[str, ...]:
        """Return the header of the signature, and that of the time."""
        return (self.header, self._timestamp_header) if self._timestamp_header else (self.header,)

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with the key."""
        if not self._secret.reveal():
            yield "`auth` holds an empty secret."

    def _with(self, outgoing: Outgoing, mark: str) -> Outgoing:
        time = {self._timestamp_header: outgoing.header("webhook-timestamp")} if self._timestamp_header else {}
        return outgoing.adding({**time, self.header: mark})
