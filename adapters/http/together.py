"""One request for several events: a JSON list of what each alone would have as its body."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from textwrap import indent
from typing import Any

from adapters.http.options import Options
from adapters.http.outgoing import Outgoing
from adapters.http.plan import Plan
from adapters.http.request import Occasion, assembled, named, shown
from adapters.http.values import constants, revealed
from gateway.domain.adapter import Mistake
from gateway.domain.event import Event
from gateway.domain.ids import derived_id

_NO_LIST = ("steps", "raw", "form", "xml", "text")


@dataclass(frozen=True, slots=True)
class Member:
    """One event of a request, with its part of the body."""

    event: Event
    body: bytes
    content_type: str


def list_id(ids: Sequence[str]) -> str:
    """Return the id of a request with these events: that of the only one, or one that is derived from all.

    The same events in the same order always give the same id, so that a list that comes again can be told.
    """
    return ids[0] if len(ids) == 1 else derived_id("list", *ids)


def member_of(plan: Plan, event: Event, values: Mapping[str, Any]) -> Member:
    """Return an event with its part of the body. Raises CannotRender."""
    body, content_type = plan.steps[0].body.render(event, values)
    return Member(event, body or b"null", content_type)


def render_together(plan: Plan, options: Options, members: Sequence[Member], now: datetime) -> Outgoing:
    """Return the request for these events, without the credential. Raises CannotRender."""
    body = b"[" + b",".join(member.body for member in members) + b"]"
    which = list_id([member.event.id for member in members])
    values = constants(options, revealed(options.secrets))
    return assembled(plan.steps[0], values, body, members[0].content_type, named(which, which, now))


def shown_together(plan: Plan, options: Options, occasion: Occasion) -> Outgoing:
    """Return the request for people, were this event alone in it. Raises CannotRender."""
    alone = shown(plan, plan.steps[0], options, occasion, frozenset())
    whole = f"[\n{indent(alone.body.decode('utf-8', 'surrogatepass'), '  ')}\n]"
    body = whole.encode("utf-8", "surrogatepass")
    return replace(alone, body=body)


def mistakes(settings: Mapping[str, Any], plan: Plan, options: Options) -> Iterator[Mistake]:
    """Yield what cannot be sent for several events at once."""
    for word in _NO_LIST:
        if settings.get(word):
            yield Mistake(f"`batch` sends events as a JSON list, and `{word}` makes none: leave one out.", ("batch",))
    if settings.get("method") == "GET":
        yield Mistake("`batch` sends events as a JSON list, and a GET sends no body.", ("batch",))
    step = plan.steps[0]
    taken = {"query": step.address.names, "headers": frozenset().union(*(text.names for _, text in step.headers))}
    for word, names in () if plan.is_sequence else taken.items():
        of_one = sorted(names - set(options.groups))
        if of_one:
            yield Mistake(
                f"`{word}` takes {', '.join(of_one)} of one event, and with `batch` it stands for several: "
                "put it into the `body`.",
                (word,),
            )
