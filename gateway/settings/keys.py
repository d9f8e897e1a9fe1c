"""Hook keys: the secret part of a shortcode's URLs, for all callback kinds or for some."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.settings import HookKey, Secret
from gateway.keys import forbidden_word
from gateway.settings.nearest import did_you_mean
from gateway.settings.places import Steps, quoted
from gateway.settings.report import Report
from gateway.settings.secrets import Secrets

_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]+")
_SHORTEST = 22

_KIND_REMEDY = "Write key: {env: NAME}, or key: {stk: {env: NAME}}."
_NEW_KEY = "Make a new one with `pesagate keys new`."


@dataclass(frozen=True, slots=True)
class Keys:
    """Builds hook keys; whatever is wrong with one goes to the report."""

    report: Report
    secrets: Secrets
    kinds: Sequence[str]

    def build(self, form: Any, steps: Steps) -> tuple[tuple[HookKey, Steps], ...]:
        """Return each key with the steps of its form: a secret, a list of them, or a mapping from kinds to either."""
        if not _is_kind_mapping(form):
            return tuple(self._keys(form, steps, None))
        found: list[tuple[HookKey, Steps]] = []
        for kind, inner in form.items():
            if self._is_known(kind, (*steps, kind)):
                found += self._keys(inner, (*steps, kind), frozenset({kind}))
        return tuple(found)

    def _is_known(self, kind: str, steps: Steps) -> bool:
        if kind in self.kinds:
            return True
        if len(kind) < _SHORTEST:
            remedy = did_you_mean(kind, (*self.kinds, "env", "file"), "kinds")
            self.report.error(steps, f"{quoted(kind)} is no callback kind.", remedy, at_key=True)
        else:
            # It may be the key itself, in the wrong place: neither the message nor the path may show it.
            self.report.error(steps[:-1], "a callback kind is expected before the colon.", _KIND_REMEDY)
        return False

    def _keys(self, form: Any, steps: Steps, kinds: frozenset[str] | None) -> Iterator[tuple[HookKey, Steps]]:
        forms = [(form, steps)]
        if isinstance(form, list):
            forms = [(inner, (*steps, index)) for index, inner in enumerate(form)]
        for inner, inner_steps in forms:
            secret = self.secrets.resolve(inner, inner_steps)
            if secret is not None and self._is_usable(secret, inner_steps):
                yield HookKey(secret, kinds), inner_steps

    def _is_usable(self, secret: Secret, steps: Steps) -> bool:
        fault = fault_of_key(secret.reveal())
        if fault:
            self.report.error(steps, fault, _NEW_KEY)
        return fault is None


def fault_of_key(text: str) -> str | None:
    """Return what makes a text unusable as a key, as a sentence without the text; None where it can be used."""
    if not _WELL_FORMED.fullmatch(text):
        return "a key has only A-Z a-z 0-9 _ and -, and this one has other characters."
    if len(text) < _SHORTEST:
        return f"a key has at least {_SHORTEST} characters, and this one has {len(text)}."
    word = forbidden_word(text)
    return f"M-Pesa refuses URLs that hold {quoted(word)} in any case, and this key does." if word else None


def _is_kind_mapping(form: Any) -> bool:
    return isinstance(form, dict) and not form.keys() & {"env", "file"}
