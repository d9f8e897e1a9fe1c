"""Two configurations as they are in force -> what differs, in words. Pure; secrets are masked before they come here."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.settings import Settings

Values = Mapping[str, Any]
"""Every value in force by its dotted key."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs. `old` or `new` is None where there is none."""

    key: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        if self.old is None:
            return f"{self.key}: {self.new} (new)"
        if self.new is None:
            return f"{self.key}: {self.old} (removed)"
        return f"{self.key}: {self.old} becomes {self.new}"


def changes(before: Values, after: Values) -> tuple[Change, ...]:
    """Return what differs, in the order of the new configuration; what is gone comes last."""
    return tuple(_changes(before, after))


def _changes(before: Values, after: Values) -> Iterator[Change]:
    for key, value in after.items():
        if key not in before:
            yield Change(key, None, _shown(value))
        elif before[key] != value:
            yield Change(key, _shown(before[key]), _shown(value))
    for key, value in before.items():
        if key not in after:
            yield Change(key, _shown(value), None)


def refusals(before: Settings, after: Settings) -> tuple[str, ...]:
    """Return why a running gateway cannot take the new settings: a sentence for each value that needs a restart."""
    return tuple(sentence for same, sentence in _FIXED if same(before) != same(after))


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_FIXED = (
    (
        lambda settings: settings.store_url,
        "store.url: what is under way is in the store that is open. Restart the gateway to use another one.",
    ),
    (
        lambda settings: (settings.server.host, settings.server.port),
        "server.listen: the socket is open and callbacks wait in it. Restart the gateway to listen elsewhere.",
    ),
    (
        lambda settings: settings.server.workers,
        "server.workers: the processes share what was made for so many. Restart the gateway to have another number.",
    ),
)
