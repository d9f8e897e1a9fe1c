"""What is sent for an event: body and headers, rendered anew for each attempt."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.http.options import Options
from gateway import __version__
from gateway.domain.event import Event

# Set by us or by the connection; the `headers` setting may not name them.
OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "idempotency-key",
        "proxy-authorization",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
    }
)


@dataclass(frozen=True, slots=True)
class Request:
    """One POST, complete but for the address and the credential."""

    headers: Mapping[str, str]
    body: bytes


class RawGoneError(Exception):
    """The callback's bytes are no longer kept, so they cannot be sent."""


def render(event: Event, options: Options, now: datetime) -> Request:
    """Return the request of one attempt at `now`. Raises RawGoneError where raw bytes are wanted and not there."""
    body, content_type = _raw(event) if options.raw else _json(event, options)
    headers = {
        **options.headers,
        # A callback that came without a type goes on without one.
        **({"Content-Type": content_type} if content_type else {}),
        "Content-Length": str(len(body)),
        "User-Agent": f"pesagate/{__version__}",
        # The answer is kept to be read by people, so it should come as text.
        "Accept-Encoding": "identity",
        "Idempotency-Key": event.id,
        "webhook-id": event.id,
        "webhook-timestamp": str(int(now.timestamp())),
    }
    if options.once:
        headers["Connection"] = "close"
    return Request(headers, body)


def document(event: Event, options: Options) -> dict[str, Any]:
    """Return the JSON document of an event as this destination wants it."""
    data = event.as_dict(options.include)
    if not options.enveloped:
        return data
    return {"type": event.type, "timestamp": data["occurred_at"] or data["received_at"], "data": data}


def _json(event: Event, options: Options) -> tuple[bytes, str]:
    # ASCII with escapes: right whatever charset a receiver assumes, and half a surrogate pair in a name cannot fail.
    return json.dumps(document(event, options), separators=(",", ":")).encode("ascii"), "application/json"


def _raw(event: Event) -> tuple[bytes, str]:
    if event.raw is None:
        raise RawGoneError
    return event.raw.body, event.raw.content_type
