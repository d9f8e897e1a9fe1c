"""What is sent for an event: address, headers and body, rendered anew for each attempt."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from adapters.http.body import JsonBody
from adapters.http.header_value import value_problems
from adapters.http.options import Options
from adapters.http.outgoing import Outgoing
from adapters.http.plan import Plan, Step
from adapters.http.values import PERSONAL
from gateway import __version__
from gateway.domain.event import Event
from gateway.expressions.templates import CannotRender

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


_ABOUT_US = {
    "User-Agent": f"pesagate/{__version__}",
    # The answer is kept to be read by people, so it should come as text.
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """One event at one moment, with the values that its templates may take."""

    event: Event
    values: Mapping[str, Any]
    now: datetime
    # How often this delivery was refused.
    refused: int = 0


def render(plan: Plan, step: Step, options: Options, occasion: Occasion) -> Outgoing:
    """Return the request of one step, without the credential. Raises CannotRender or RawGoneError."""
    body, content_type = step.body.render(occasion.event, occasion.values)
    made = assembled(step, occasion.values, body, content_type, _ids(plan, step, options, occasion))
    return made.adding({"Connection": "close"}) if step.once else made


def assembled(
    step: Step, values: Mapping[str, Any], body: bytes | None, content_type: str, ids: Mapping[str, str]
) -> Outgoing:
    """Return a request with this body, and with headers that tell what it is about. Raises CannotRender."""
    headers = {
        **dict(_own(step, values)),
        # A callback that came without a type goes on without one.
        **({"Content-Type": content_type} if content_type else {}),
        **_length(step, body),
        **_ABOUT_US,
        **ids,
    }
    return Outgoing(step.method, step.address.render(values), headers, body or b"")


def shown(plan: Plan, step: Step, options: Options, occasion: Occasion, unknown: frozenset[str]) -> Outgoing:
    """Return the request for people: what takes an unknown name stands there as it is written.

    A query in the `url` itself is masked. Raises CannotRender or RawGoneError.
    """
    if not step.names & unknown:
        whole = render(plan, step, options, occasion)
        return replace(whole, url=_shown_url(step, occasion, unknown), body=_shown_body(step, occasion, unknown))
    headers = {
        **{name: pieces.shown(occasion.values, unknown) for name, pieces in step.headers},
        **_ABOUT_US,
        **_ids(plan, step, options, occasion),
    }
    return Outgoing(step.method, _shown_url(step, occasion, unknown), headers, _shown_body(step, occasion, unknown))


def render_question(step: Step, values: Mapping[str, Any]) -> Outgoing:
    """Return a request that is about no event, as `check --live` sends it. Raises CannotRender."""
    body, content_type = step.body.of(values) if isinstance(step.body, JsonBody) else (None, "")
    return assembled(step, values, body, content_type, {})


def traced(step: Step, values: Mapping[str, Any]) -> str:
    """Return method and address for the story of a delivery, without secrets and without anything of the payer's."""
    try:
        return f"{step.method} {step.address.shown(values, PERSONAL)}"
    except CannotRender:
        return f"{step.method} {step.address.shown_base}"


def named(webhook_id: str, idempotency_key: str, now: datetime) -> dict[str, str]:
    """Return the headers that tell one request from another, and a repetition as one."""
    return {
        "Idempotency-Key": idempotency_key,
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
    }


def _ids(plan: Plan, step: Step, options: Options, occasion: Occasion) -> dict[str, str]:
    event = occasion.event
    key = f"{event.id}:{options.name}:{step.name}" if plan.is_sequence else event.id
    # A receiver that keeps its answers by the key would bring the refusal again, whatever was mended.
    key += f":{occasion.refused}" if occasion.refused and step.once else ""
    return named(event.id, key, occasion.now)


def _own(step: Step, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, pieces in step.headers:
        value = pieces.render(values)
        problem = next(value_problems(f"the header {name}", value), None)
        if problem is not None:
            raise CannotRender(problem.rstrip("."))
        # A header whose value is missing is left out.
        if value or pieces.is_fixed:
            yield name, value


def _length(step: Step, body: bytes | None) -> dict[str, str]:
    if body is None and step.method in ("GET", "HEAD", "DELETE"):
        return {}
    return {"Content-Length": str(len(body or b""))}


def _shown_url(step: Step, occasion: Occasion, unknown: frozenset[str]) -> str:
    return step.address.shown(occasion.values, unknown)


def _shown_body(step: Step, occasion: Occasion, unknown: frozenset[str]) -> bytes:
    return step.body.shown(occasion.event, occasion.values, unknown).encode("utf-8", "surrogatepass")
