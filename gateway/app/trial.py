"""What would become of callbacks, touching nothing."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from gateway import registry
from gateway.app.hooks import compile_hooks
from gateway.app.lists import reading
from gateway.configtest.case import Post
from gateway.domain.callback import Callback
from gateway.domain.errors import PesagateError
from gateway.domain.event import Raw
from gateway.domain.received import Arrival
from gateway.domain.settings import Settings, Shortcode
from gateway.domain.times import utc_now

if TYPE_CHECKING:
    from gateway.domain.adapter import Preview
    from gateway.domain.event import Event
    from gateway.domain.question import Decided
    from gateway.domain.received import Quarantined, Received
    from gateway.domain.references import LookUp
    from gateway.domain.settled import Issue, Settled
    from gateway.pipeline.hooks import Hook, Hooks
    from gateway.server.answers import Answer


@dataclass(frozen=True, slots=True)
class Taken:
    """What one callback would be answered, and why."""

    answer: "Answer"
    quarantined: "Quarantined | None" = None
    # The answer to a question, and why.
    decided: "Decided | None" = None


@dataclass(frozen=True, slots=True)
class Made:
    """An event that would be made, and what would be sent to each destination."""

    event: "Event"
    # True: its deliveries wait for a person.
    held: bool
    requests: Mapping[str, Sequence["Preview"]]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would become of callbacks that come one after the other, were the first the first of its payment."""

    taken: tuple[Taken, ...]
    made: tuple[Made, ...]
    # Lists of references that could not be read, each with the reason.
    unread: tuple[str, ...] = ()


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
    came = rehearse(settings, [Post(shortcode, kind, body, utc_now(), tuple(headers))])
    taken, made = came.taken[0], came.made[0] if came.made else None
    event, requests = (None, {}) if made is None else (made.event, made.requests)
    return Trial(taken.answer, event, requests, taken.quarantined, taken.decided, came.unread)


def rehearse(settings: Settings, posts: Sequence[Post], lists: Mapping[str, frozenset[str]] | None = None) -> Rehearsal:
    """Return what `serve` would make of callbacks that come one after the other, by the same code, touching nothing.

    `lists` are lists of references that are not read from their places. Raises PesagateError where a shortcode is not
    configured or none of its keys opens the kind.
    """
    unread: dict[str, str] = {}
    hooks = compile_hooks(settings, _given(lists or {}, reading(settings, unread)))
    stage = _Stage(settings, posts[0].at)
    taken = tuple(stage.take(_hook(settings, hooks, post), post) for post in posts)
    return Rehearsal(taken, stage.made(), tuple(f"{name}: {fault}" for name, fault in unread.items()))


@dataclass
class _Stage:
    """A store that is none: what it knows is what has come before."""

    settings: Settings
    began: datetime
    issued: "dict[str, tuple[Issue, Raw]]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        from gateway.domain.settled import Stored

        self._stored = Stored(self.began)
        self._number = 0

    def take(self, hook: "Hook", post: Post) -> Taken:
        from gateway.domain.question import Decided
        from gateway.domain.received import Quarantined, Question
        from gateway.pipeline.receive import receive
        from gateway.server.intake import answer_to

        received = receive(hook, self._callback(hook, post))
        settled = self._settled(received, post.at)
        quarantined = received if isinstance(received, Quarantined) else None
        decided = Decided(received.decision, received.because) if isinstance(received, Question) else None
        return Taken(answer_to(hook, received, settled), quarantined, decided)

    def _callback(self, hook: "Hook", post: Post) -> Callback:
        from gateway.server.hooks import kept

        told = kept(post.headers)
        number, self._number = self._number, self._number + 1
        return Callback(
            id=number,
            tenant=hook.shortcode.tenant,
            shortcode=hook.shortcode.number,
            kind=post.kind,
            body=post.body,
            content_type=told.get("content-type", ""),
            headers=told,
            context=post.context,
            source="127.0.0.1",
            received_at=post.at,
        )

    def _settled(self, received: "Received", at: datetime) -> "Settled | None":
        from gateway.pipeline.settle import settle

        if not isinstance(received, Arrival):
            return None
        self._stored = replace(self._stored, now=at)
        settled = settle(self._stored, [received])[0]
        raw = Raw(received.callback.body, received.callback.content_type)
        for issue in (settled.issue, settled.further):
            if issue is not None:
                # The bytes are those of the event's first source.
                first = self.issued.get(issue.event.id, (issue, raw))[1]
                self.issued[issue.event.id] = issue, first
        return settled

    def made(self) -> tuple[Made, ...]:
        return tuple(
            Made(issue.event, issue.review, _previews(self.settings, issue, raw)) for issue, raw in self.issued.values()
        )


def _given(lists: Mapping[str, frozenset[str]], look_up: "LookUp") -> "LookUp":
    return lambda tenant, name: lists[name] if name in lists else look_up(tenant, name)


def _hook(settings: Settings, hooks: "Hooks", post: Post) -> "Hook":
    for key in _shortcode(settings, post.shortcode).keys:
        hook = hooks.find(key.secret.reveal(), post.kind)
        if hook is not None:
            return hook
    raise PesagateError(f"No key of shortcode {post.shortcode} opens the kind {post.kind!r}.")


def _shortcode(settings: Settings, number: str) -> Shortcode:
    for tenant in settings.tenants.values():
        for shortcode in tenant.shortcodes.values():
            if number in (shortcode.number, shortcode.store):
                return shortcode
    known = ", ".join(sorted(number for tenant in settings.tenants.values() for number in tenant.shortcodes))
    raise PesagateError(f"No tenant has the shortcode {number}; configured are: {known or 'none'}.")


def _previews(settings: Settings, issue: "Issue", raw: Raw) -> dict[str, Sequence["Preview"]]:
    event = replace(issue.event, raw=raw)
    previews = {}
    for name in issue.destinations:
        destination = settings.destination(event.tenant, name)
        if destination is not None:
            with closing(registry.make(destination)) as adapter:
                previews[name] = adapter.preview(event)
    return previews
