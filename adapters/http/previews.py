"""What `try` shows: each step's request as it would be sent now, secrets masked, what is not known yet as written."""

from collections.abc import Iterator

from adapters.http.body import RawGoneError
from adapters.http.exchange import Exchange
from adapters.http.options import Options
from adapters.http.plan import Plan, Step
from adapters.http.request import Occasion, shown
from adapters.http.sentences import RAW_GONE, cannot_render, not_taken
from adapters.http.together import shown_together
from adapters.http.values import hidden, values_for
from gateway.domain.adapter import Preview
from gateway.domain.event import Event
from gateway.domain.times import Clock
from gateway.expressions.templates import CannotRender

_WORDS = {"requires": "only if"}


def previews(plan: Plan, options: Options, exchange: Exchange, event: Event, clock: Clock) -> Iterator[Preview]:
    """Give the request of each step, were this the first attempt."""
    occasion = Occasion(event, values_for(plan, event, options, {}, hidden(options.secrets)), clock())
    refused = _refused(plan, occasion)
    if refused:
        yield Preview(_bare_title(plan.steps[0]), body=refused)
        return
    unknown: dict[str, str] = {}
    for step in plan.steps:
        yield _preview(plan, step, options, exchange, occasion, unknown)
        unknown |= dict.fromkeys(step.rules.save, step.name)


def previews_together(
    plan: Plan, options: Options, exchange: Exchange, event: Event, clock: Clock, most: int
) -> Preview:
    """Return the request for a list of events, were this one alone in it."""
    occasion = Occasion(event, values_for(plan, event, options, {}, hidden(options.secrets)), clock())
    refused = _refused(plan, occasion)
    if refused:
        return Preview(_bare_title(plan.steps[0]), body=refused)
    try:
        request = exchange.shown(shown_together(plan, options, occasion))
    except CannotRender as error:
        return Preview(_bare_title(plan.steps[0]), body=cannot_render("", error).detail)
    note = f"Up to {most} events go in one such list; webhook-id and Idempotency-Key are then made of all their ids."
    body = request.body.decode("utf-8", "surrogatepass")
    return Preview(f"{request.method} {request.url}", request.headers, body, note=note)


def _refused(plan: Plan, occasion: Occasion) -> str:
    """Return why nothing would be sent of an event, nothing where it would."""
    required = plan.requires
    try:
        return "" if required is None or required.holds(occasion.values) else not_taken(required.text).detail
    except CannotRender as error:
        return cannot_render("", error).detail


def _preview(
    plan: Plan, step: Step, options: Options, exchange: Exchange, occasion: Occasion, unknown: dict[str, str]
) -> Preview:
    name = step.name if plan.is_sequence else ""
    try:
        request = exchange.shown(shown(plan, step, options, occasion, frozenset(unknown)))
        body = request.body.decode("utf-8", "surrogatepass")
        return Preview(f"{request.method} {request.url}", request.headers, body, name, _note(step, unknown))
    except CannotRender as error:
        return Preview(_bare_title(step), body=cannot_render(name, error).detail, step=name)
    except RawGoneError:
        return Preview(_bare_title(step), body=RAW_GONE.detail, step=name)


def _bare_title(step: Step) -> str:
    return f"{step.method} {step.address.shown_base}"


def _note(step: Step, unknown: dict[str, str]) -> str:
    told = [f"Sent {_WORDS.get(each.word, each.word)} {each.text}." for each in step.conditions]
    missing = [f"{name} (saved by {unknown[name]})" for name in sorted(step.names & set(unknown))]
    told += [f"Not known yet: {', '.join(missing)}."] if missing else []
    return " ".join(told)
