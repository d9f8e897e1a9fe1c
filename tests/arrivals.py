"""Callbacks and what the pipeline makes of them, for tests below the network: real kinds, real schemas, no store."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gateway.app import compile_hooks
from gateway.domain.callback import Callback
from gateway.domain.event import Event
from gateway.domain.provider import DeclaredKind
from gateway.domain.question import ValidationRule
from gateway.domain.received import Arrival, Received
from gateway.domain.references import LookUp, ReferenceList
from gateway.domain.settings import HookKey, Route, Secret, Server, Settings, Shortcode, Tenant
from gateway.domain.times import to_micros
from gateway.pipeline.hooks import Hook, Hooks
from gateway.pipeline.receive import receive
from gateway.providers import KINDS
from gateway.store.eventrow import event_body, event_of

KEY = "test-key-0123456789-ABCDEFGHIJ"
EVERYTHING = (Route({"type": ("*",)}, ("erp",)),)
AT = datetime(2026, 11, 24, 7, 15, 31, tzinfo=UTC)
_NUMBERS = count(1)


def shortcode(**overrides: Any) -> Shortcode:
    """Return a paybill that one key opens for all kinds."""
    return Shortcode(**{"number": "600638", "tenant": "duka", "type": "paybill", "keys": (key(),), **overrides})


def key(text: str = KEY, *kinds: str) -> HookKey:
    """Return a key, for these kinds or for all."""
    return HookKey(Secret(text), frozenset(kinds) or None)


def hooks(
    *shortcodes: Shortcode,
    routes: Sequence[Route] = EVERYTHING,
    validation: tuple[ValidationRule, ...] | None = None,
    references: Mapping[str, ReferenceList] | None = None,
    look_up: LookUp = lambda _tenant, _name: None,
    providers: Mapping[str, DeclaredKind] | None = None,
) -> Hooks:
    """Return the hooks of tenants that have these shortcodes."""
    tenants = {
        code.tenant: Tenant(
            code.tenant,
            code.tenant,
            {other.number: other for other in shortcodes if other.tenant == code.tenant},
            {},
            tuple(routes),
            validation,
            references or {},
        )
        for code in shortcodes
    }
    settings = Settings(Path("pesagate.yaml"), Server(), Secret("sqlite://"), tenants, "0" * 64, providers or {})
    return compile_hooks(settings, look_up)


def hook(
    kind: str,
    routes: Sequence[Route] = EVERYTHING,
    validation: tuple[ValidationRule, ...] | None = None,
    **overrides: Any,
) -> Hook:
    """Return the hook of one kind."""
    found = hooks(shortcode(**overrides), routes=routes, validation=validation).find(KEY, kind)
    assert found is not None
    return found


def callback(kind: str, body: bytes | dict[str, Any], **overrides: Any) -> Callback:
    """Return a callback with an id of its own."""
    made = Callback(
        id=next(_NUMBERS),
        tenant="duka",
        shortcode="600638",
        kind=kind,
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        content_type="application/json",
        headers={},
        context={},
        source="127.0.0.1",
        received_at=AT,
    )
    return replace(made, **overrides)


_HOOKS = {kind: hook(kind) for kind in KINDS}


def received(kind: str, body: bytes | dict[str, Any], **overrides: Any) -> Received:
    """Return what the pipeline makes of a body."""
    return receive(_HOOKS[kind], callback(kind, body, **overrides))


def stored_and_read(made: Arrival) -> Event:
    """Return an arrival's event as it comes back from its row."""
    event = made.event
    row = {
        "id": event.id, "type": event.type, "tenant": event.tenant, "shortcode": event.shortcode,
        "payment_id": event.payment_id, "body": event_body(event, made.callback.id),
        "callback_id": made.callback.id, "received_at": to_micros(event.received_at),
    }  # fmt: skip
    return event_of(SimpleNamespace(**{f"event_{name}": value for name, value in row.items()}))


def arrival(kind: str, body: bytes | dict[str, Any], **overrides: Any) -> Arrival:
    """Return the arrival that a body makes."""
    made = received(kind, body, **overrides)
    assert isinstance(made, Arrival), made
    return made
