"""What would become of a callback, touching nothing."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gateway import registry
from gateway.app.hooks import compile_hooks
from gateway.app.lists import reading
from gateway.domain.callback import Callback
from gateway.domain.errors import PesagateError
from gateway.domain.event import Raw
from gateway.domain.received import Arrival
from gateway.domain.settings import Settings
from gateway.domain.times import utc_now

if TYPE_CHECKING:
    from gateway.domain.adapter import Preview
    from gateway.domain.event import Event
    from gateway.domain.question import Decided
    from gateway.domain.received import Quarantined
    from gateway.domain.references import LookUp
    from gateway.domain.settled import Issue
    from gateway.pipeline.hooks import Hook
    from gateway.server.answers import Answer


@dataclass(frozen=True, slots=True)
class Trial:
    """What would become of a callback, were it the first of its payment."""

    answer: "Answer"
    event: "Event | None"
    # What would be sent to each destination.
    requests: Mapping[str, Sequence["Preview"]]
    quarantined: "Quarantined | None"
    # The answer to a question, and why.
    decided: "Decided | None" = None
    # Lists of references that could not be read, each with the reason.
    unread: tuple[str, ...] = ()


def try_callback(
    settings: Settings, shortcode: str, kind: str, body: bytes, headers: "Sequence[tuple[str, str]]"
) -> Trial:
    """Return what `serve` would make of a callback, by the same code, touching nothing.

    Lists of references are read from where they are kept. Raises PesagateError where the shortcode is not configured
    or none of its keys opens the kind.
    """
    from gateway.domain.question import Decided
    from gateway.domain.received import Quarantined, Question
    from gateway.domain.settled import Stored
    from gateway.pipeline.receive import receive
    from gateway.pipeline.settle import settle
    from gateway.server.hooks import kept
    from gateway.server.intake import answer_to

    unread: dict[str, str] = {}
    hook = _hook(settings, shortcode, kind, reading(settings, unread))
    told = kept(headers)
    callback = Callback(
        id=0,
        tenant=hook.shortcode.tenant,
        shortcode=hook.shortcode.number,
        kind=kind,
        body=body,
        content_type=told.get("content-type", ""),
        headers=told,
        context={},
        source="127.0.0.1",
        received_at=utc_now(),
    )
    received = receive(hook, callback)
    if isinstance(received, Arrival):
        settled = settle(Stored(callback.received_at), [received])[0]
        requests = _previews(settings, settled.issue, Raw(body, callback.content_type))
        return Trial(
            answer_to(hook, received, settled), None if settled.issue is None else settled.issue.event, requests, None
        )
    quarantined = received if isinstance(received, Quarantined) else None
    decided = Decided(received.decision, received.because) if isinstance(received, Question) else None
    faults = tuple(f"{name}: {fault}" for name, fault in unread.items())
    return Trial(answer_to(hook, received, None), None, {}, quarantined, decided, faults)


def _hook(settings: Settings, number: str, kind: str, look_up: "LookUp") -> "Hook":
    found = [
        shortcode
        for tenant in settings.tenants.values()
        for shortcode in tenant.shortcodes.values()
        if number in (shortcode.number, shortcode.store)
    ]
    if not found:
        known = ", ".join(sorted(number for tenant in settings.tenants.values() for number in tenant.shortcodes))
        raise PesagateError(f"No tenant has the shortcode {number}; configured are: {known or 'none'}.")
    hooks = compile_hooks(settings, look_up)
    for key in found[0].keys:
        hook = hooks.find(key.secret.reveal(), kind)
        if hook is not None:
            return hook
    raise PesagateError(f"No key of shortcode {number} opens the kind {kind!r}.")


def _previews(settings: Settings, issue: "Issue | None", raw: Raw) -> dict[str, Sequence["Preview"]]:
    if issue is None:
        return {}
    event = replace(issue.event, raw=raw)
    previews = {}
    for name in issue.destinations:
        destination = settings.destination(event.tenant, name)
        if destination is not None:
            with closing(registry.make(destination)) as adapter:
                previews[name] = adapter.preview(event)
    return previews
