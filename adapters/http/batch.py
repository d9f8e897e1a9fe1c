"""Many events, few requests: a list that is refused is halved until the event that is meant stands alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapters.http.exchange import Exchange
from adapters.http.options import Options
from adapters.http.plan import Plan
from adapters.http.sentences import cannot_render, not_singled_out, not_taken
from adapters.http.together import Member, member_of, render_together
from adapters.http.values import revealed, values_for
from adapters.http.verdict import verdict
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.event import Event
from gateway.domain.times import Clock
from gateway.expressions.templates import CannotRender

MOST = 64
"""Requests of one attempt at most: enough to single out four of two hundred. The others wait for their next attempt."""

_ENDS = (AttemptResult.DELIVERED, AttemptResult.DUPLICATE, AttemptResult.REJECTED)

_WHOEVER_COMES = frozenset({401, 405, 407, *range(300, 400)})
"""Refusals that speak of the destination's address or credentials, and not of any event."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One attempt for several events."""

    plan: Plan
    options: Options
    exchange: Exchange
    clock: Clock
    # Waits for as long as the destination's rate asks for.
    rest: Callable[[], None]

    def attempt(self, events: Sequence[Event]) -> list[Verdict]:
        """Return a verdict on each event, in their order."""
        made = [self._member(event) for event in events]
        told = iter(self._sent([each for each in made if isinstance(each, Member)]))
        return [next(told) if isinstance(each, Member) else each for each in made]

    def _member(self, event: Event) -> Member | Verdict:
        required = self.plan.requires
        try:
            values = values_for(self.plan, event, self.options, {}, revealed(self.options.secrets))
            if required is not None and not required.holds(values):
                return not_taken(required.text)
            return member_of(self.plan, event, values)
        except CannotRender as error:
            return cannot_render("", error)

    def _sent(self, members: Sequence[Member]) -> list[Verdict]:
        """Send lists from the left to the right, halves of what is refused, until somebody asks for patience."""
        told: list[Verdict] = []
        waiting, sent = [members], 0
        while waiting and members:
            part = waiting.pop()
            judged = self._send(part)
            sent += 1
            if len(part) > 1 and _means_an_event(judged):
                middle = len(part) // 2
                waiting += [part[middle:], part[:middle]]
            else:
                told += [judged] * len(part)
            if sent > 1 or waiting:
                self.rest()
            if judged.result not in _ENDS or sent == MOST:
                break
        return told + [not_singled_out(judged) for _ in members[len(told) :]]

    def _send(self, members: Sequence[Member]) -> Verdict:
        step = self.plan.steps[0]
        try:
            outgoing = render_together(self.plan, self.options, members, self.clock())
        except CannotRender as error:
            return cannot_render("", error)
        answer = self.exchange.ready(outgoing) or self.exchange.send(outgoing, step)
        return verdict(answer, step.address.host, step.once, self.clock(), step.rules)


def _means_an_event(judged: Verdict) -> bool:
    """Tell whether a refusal may be for what one of several events holds."""
    was_asked = judged.status is not None and judged.status not in _WHOEVER_COMES
    return judged.result is AttemptResult.REJECTED and was_asked
