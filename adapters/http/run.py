"""One attempt at the steps: send, judge, commit, go on. What to do is decided elsewhere; here it is done."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from adapters.http.body import RawGoneError
from adapters.http.exchange import Exchange
from adapters.http.options import Options
from adapters.http.plan import REFUSALS, Condition, Plan, Step
from adapters.http.position import DUPLICATE, SKIPPED, Position, start, trusts_absence, values_in, written_by
from adapters.http.reading import reading
from adapters.http.request import Occasion, render, traced
from adapters.http.sentences import (
    ALREADY_DONE,
    FOUND,
    OPEN_STEP,
    RAW_GONE,
    TOO_LARGE,
    arrived,
    cannot_render,
    looks_first,
    not_sent,
    not_taken,
    not_yet_there,
)
from adapters.http.values import revealed, values_for
from adapters.http.verdict import verdict
from gateway.domain.adapter import Progress
from gateway.domain.delivery import AttemptResult, StepTrace, Verdict
from gateway.domain.event import Event
from gateway.domain.times import Clock
from gateway.expressions.json_text import json_text
from gateway.expressions.templates import CannotRender

SAVE_AT_MOST = 10_000
"""Characters of JSON that one step may save."""

LONGEST_LINE = 300
"""Characters of a request's address that are kept with a step."""
LONGEST_WORDS = 200
"""Characters of an answer that are kept with a step."""

_GOOD = (AttemptResult.DELIVERED, AttemptResult.DUPLICATE)

_SURELY_NOT = frozenset({425, 429})
_NEVER_SENT = frozenset({"no_connection", "tls", "faulty_settings", "faulty_tls", "auth_unavailable"})


@dataclass
class Run:
    """One attempt for one event."""

    plan: Plan
    options: Options
    exchange: Exchange
    clock: Clock
    event: Event
    progress: Progress
    position: Position = field(default_factory=Position)
    traces: list[StepTrace] = field(default_factory=list)
    # The clock as it was looked at last.
    now: datetime = field(init=False)
    # What the last step that was sent came to.
    last: Verdict | None = None

    def attempt(self) -> Verdict:
        """Go through the steps from where earlier attempts stood, as far as they go now."""
        kept = Position.of(self.progress.saved)
        self.now = self.clock()
        refused = self._refused()
        if refused is not None:
            return refused
        begin = start(self.plan, kept, self.progress.open_step, self.now)
        if begin is None:
            return self._give_up(kept)
        self.position = replace(begin.position, doubtful=kept.doubtful or self.progress.open_step is not None)
        was_unsure = begin.position.unsure is not None
        doubts = REFUSALS in self.plan.names and self.position.doubtful
        if (was_unsure or doubts) and self.progress.open_step is not None:
            # Should the step that looks fail now, nobody must forget what it was to look for, and that there was doubt.
            self._keep(self.position)
        for step in self.plan.steps[begin.index :]:
            ended = None if step.name in self.position.done else self._step(step)
            if ended is not None:
                return replace(ended, steps=tuple(self.traces))
        return replace(self._whole(was_unsure), steps=tuple(self.traces))

    def _refused(self) -> Verdict | None:
        """Return how it ends with an event that the destination is not for, None where it is one."""
        required = self.plan.requires
        try:
            return None if required is None or required.holds(self._values()) else not_taken(required.text)
        except CannotRender as error:
            return cannot_render("", error)

    def _step(self, step: Step) -> Verdict | None:
        """Do one step; return how the attempt ends there, None where it goes on."""
        occasion = Occasion(self.event, self._values(), self.now, self.position.refused)
        try:
            unmet = next((each for each in step.conditions if not each.holds(occasion.values)), None)
            if unmet is not None:
                return self._unmet(step, unmet)
            if step.name == self.position.unsure and not trusts_absence(self.position, step.timeout, occasion.now):
                return self._wait(step, occasion.now)
            outgoing = render(self.plan, step, self.options, occasion)
        except CannotRender as error:
            return self._reject(cannot_render(step.name if self.plan.is_sequence else "", error))
        except RawGoneError:
            return RAW_GONE
        started = time.monotonic()
        # Before anything is begun: where there is no token, nothing was sent.
        answer = self.exchange.ready(outgoing)
        if answer is None:
            if step.once or REFUSALS in step.names:
                self.progress.begin(step.name)
            answer = self.exchange.send(outgoing, step)
        self.now = self.clock()
        judged = verdict(answer, step.address.host, step.once, self.now, step.rules)
        picked = step.rules.picked(reading(answer)) if step.rules.save and judged.result in _GOOD else {}
        took = int((time.monotonic() - started) * 1000)
        self._trace(step, traced(step, occasion.values)[:LONGEST_LINE], judged, took, picked)
        return self._after(step, judged, picked)

    def _after(self, step: Step, judged: Verdict, picked: Mapping[str, Any]) -> Verdict | None:
        self.last = judged
        if judged.result in _GOOD:
            return self._go_on(step, judged, picked)
        if judged.result is AttemptResult.REJECTED:
            return self._reject(judged)
        at = self.plan.position(step.name) or 0
        if judged.result is AttemptResult.UNKNOWN and self.plan.can_look(at):
            self._keep(self.position.with_unsure(step.name, self.now))
            return looks_first(judged, self._finder, step.timeout)
        if step.repeatable and REFUSALS in step.names and _may_have_arrived(judged):
            self._keep(replace(self.position, doubtful=True))
        return judged

    def _go_on(self, step: Step, judged: Verdict, picked: Mapping[str, Any]) -> Verdict | None:
        is_find = self.plan.is_sequence and self.plan.position(step.name) == self.plan.find
        if len(json_text(picked)) > SAVE_AT_MOST:
            self._keep(self.position.with_done(step.name, judged.result.value))
            return self._reject(replace(TOO_LARGE, status=judged.status, answer=judged.answer))
        position = self.position.with_done(step.name, judged.result.value)
        if is_find:
            position = replace(position, found_at=self.now)
        if is_find and step.ends and judged.result is AttemptResult.DUPLICATE:
            return arrived(judged, self._finder) if position.unsure is not None else judged
        self.position = position
        if step.rules.save or step is not self.plan.steps[-1]:
            self._keep(position, self._worth_keeping(picked))
        return None

    def _worth_keeping(self, picked: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out 'nothing' where a step that has written something knows better."""
        kept = set(written_by(self.plan, self.position.done)) & set(values_in(self.progress.saved))
        return {name: value for name, value in picked.items() if value is not None or name not in kept}

    def _unmet(self, step: Step, condition: Condition) -> Verdict | None:
        """Leave a step out, or refuse to send it."""
        if condition.word == "requires":
            return self._reject(not_sent(step.name, condition.text))
        self.traces.append(StepTrace(step.name, "", SKIPPED, f"{condition.word} {condition.text}"[:64]))
        self.position = self.position.with_done(step.name, SKIPPED)
        return None

    def _wait(self, step: Step, now: datetime) -> Verdict:
        """Look once more before it is sent again: the destination may still be at work on it."""
        since = self.position.since or now
        return not_yet_there(step.name, self._finder, since + step.timeout - now)

    def _reject(self, ended: Verdict) -> Verdict:
        after = self.position.with_refusal(ended.status)
        if self.plan.is_sequence and after != self.position:
            self._keep(after)
        return ended

    def _give_up(self, kept: Position) -> Verdict:
        if kept.unsure is not None and self.progress.open_step is None:
            # The step that could have looked is gone. A person has to, and says so by a replay, which closes the step.
            self.progress.save(replace(kept, unsure=None, since=None).as_saved())
            self.progress.begin(kept.unsure)
        return OPEN_STEP

    def _whole(self, was_unsure: bool) -> Verdict:
        """Return how an attempt ends that came through all steps."""
        done = self.position.done
        written = [done.get(step.name) for step in self.plan.writes()]
        ended = self.last or ALREADY_DONE
        if "delivered" in written or not written:
            return ended
        if was_unsure:
            return arrived(ended, self._finder)
        if DUPLICATE in written:
            return ended if ended.result is AttemptResult.DUPLICATE else replace(ended, result=AttemptResult.DUPLICATE)
        return replace(FOUND, status=ended.status, answer=ended.answer)

    def _keep(self, position: Position, values: Mapping[str, Any] | None = None) -> None:
        self.position = position
        self.progress.save({**(values or {}), **position.as_saved()})

    def _values(self) -> dict[str, Any]:
        saved = values_in(self.progress.saved)
        values = values_for(self.plan, self.event, self.options, saved, revealed(self.options.secrets))
        return {**values, REFUSALS: self.position.refused} if REFUSALS in self.plan.names else values

    def _trace(self, step: Step, line: str, judged: Verdict, ms: int, picked: Mapping[str, Any]) -> None:
        if self.plan.is_sequence:
            saved = tuple(name for name, value in picked.items() if value is not None)
            said = judged.answer and judged.answer[:LONGEST_WORDS]
            decided = (judged.result.value, judged.reason, judged.status, ms)
            self.traces.append(StepTrace(step.name, line, *decided, saved, said))

    @property
    def _finder(self) -> str:
        return self.plan.steps[self.plan.find or 0].name


def _may_have_arrived(judged: Verdict) -> bool:
    """Tell whether a request that is tried again may have done its work."""
    return judged.status not in _SURELY_NOT and judged.reason not in _NEVER_SENT
