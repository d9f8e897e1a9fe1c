"""Callbacks to rows and back: the columns that `callbacks` and `quarantine` have in common."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from gateway.domain.callback import Callback
from gateway.domain.times import from_micros, to_micros
from gateway.store.hot import Row

HEAD = ("id", "tenant", "shortcode", "kind")
TAIL = ("body", "body_digest", "content_type", "headers", "context", "source", "received_at")
"""A table's own columns stand between the two, so that rows are in the order of their table."""


def callback_row(callback: Callback, own: Row) -> Row:
    """Return the values of HEAD, those of the table's own columns, and those of TAIL."""
    return (
        callback.id,
        callback.tenant,
        callback.shortcode,
        callback.kind,
        *own,
        callback.body,
        callback.fingerprint,
        callback.content_type,
        _headers(callback),
        _text(tuple(callback.context.items())) if callback.context else None,
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


def _headers(callback: Callback) -> str | None:
    """Return the headers that no other column tells. Most senders send the same ones every time."""
    told = {"content-type": callback.content_type, "content-length": str(len(callback.body))}
    return _text(tuple([pair for pair in callback.headers.items() if told.get(pair[0]) != pair[1]]))


@lru_cache(maxsize=256)
def _text(pairs: tuple[tuple[str, str], ...]) -> str | None:
    return json.dumps(dict(pairs), separators=(",", ":")) if pairs else None
