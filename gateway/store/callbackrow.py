"""Callbacks to rows and back: the columns that `callbacks` and `quarantine` have in common."""

import json
from collections.abc import Mapping
from typing import Any

from gateway.domain.callback import Callback
from gateway.domain.times import from_micros, to_micros
from gateway.store.hot import Row

CALLBACK_COLUMNS = (
    "id", "tenant", "shortcode", "kind", "body", "body_digest", "content_type", "headers", "context", "source",
    "received_at",
)  # fmt: skip


def callback_row(callback: Callback) -> Row:
    """Return the values of CALLBACK_COLUMNS."""
    return (
        callback.id,
        callback.tenant,
        callback.shortcode,
        callback.kind,
        callback.body,
        bytes.fromhex(callback.body_digest),
        callback.content_type,
        _text(_headers(callback)),
        _text(callback.context),
        callback.source,
        to_micros(callback.received_at),
    )


def callback_of(row: Mapping[str, Any]) -> Callback:
    """Return the callback of a row."""
    headers = json.loads(row["headers"]) if row["headers"] else {}
    if row["content_type"]:
        headers["content-type"] = row["content_type"]
    return Callback(
        id=row["id"],
        tenant=row["tenant"],
        shortcode=row["shortcode"],
        kind=row["kind"],
        body=row["body"],
        content_type=row["content_type"],
        headers=headers,
        context=json.loads(row["context"]) if row["context"] else {},
        source=row["source"],
        received_at=from_micros(row["received_at"]),
    )


def _headers(callback: Callback) -> dict[str, str]:
    """Return the headers that no other column tells."""
    told = {"content-type": callback.content_type, "content-length": str(len(callback.body))}
    return {name: value for name, value in callback.headers.items() if told.get(name) != value}


def _text(told: Mapping[str, str]) -> str | None:
    return json.dumps(told, separators=(",", ":")) if told else None
