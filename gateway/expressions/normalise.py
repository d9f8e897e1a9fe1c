"""Small repairs of a reference as a payer typed it, by name."""

from collections.abc import Callable, Mapping, Sequence

STEPS: Mapping[str, Callable[[str], str]] = {
    # Blanks at both ends go.
    "trim": str.strip,
    "upper": str.upper,
    "lower": str.lower,
    # Signs # at both ends go: some write #1042, and who dials may end with #.
    "strip_hash": lambda text: text.strip("#"),
    # Several blanks inside become one.
    "collapse_blanks": lambda text: " ".join(text.split()) if text.strip() else text,
}


def normaliser(names: Sequence[str]) -> Callable[[str | None], str | None]:
    """Return the function that does these to a text, in this order. Where nothing is left, None is."""
    steps = [STEPS[name] for name in names]

    def normalise(text: str | None) -> str | None:
        for step in steps:
            if text is not None:
                text = step(text)
        return text or None

    return normalise
