"""The name a person probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches

from gateway.settings.places import quoted


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that looks most like `name`, or None where none is close."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str], what: str) -> str:
    """Return a remedy: the nearest known name, or the list of all; `what` names them ("keys", "adapters")."""
    names = list(known)
    near = nearest(name, names)
    if near is not None:
        return f"Did you mean {quoted(near)}?"
    return f"There are no {what} here." if not names else f"Known {what}: {listed(names)}."


def listed(names: Iterable[str], last: str = "and") -> str:
    """Return names as prose: "a", "a and b", "a, b and c"."""
    *front, end = names
    return f"{', '.join(front)} {last} {end}" if front else end
