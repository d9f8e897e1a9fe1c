"""Verdicts that no answer has given: what the sequence itself has to say."""

from dataclasses import replace
from datetime import timedelta

from gateway.domain.delivery import AttemptResult, Verdict

OPEN_STEP = Verdict(
    AttemptResult.UNKNOWN,
    "open_step",
    "An earlier attempt may have arrived, and this destination is not declared `idempotent`: "
    "look there before you replay it.",
)

RAW_GONE = Verdict(
    AttemptResult.REJECTED,
    "no_raw",
    "The callback's own bytes, which `raw: true` sends, are no longer kept.",
)

ALREADY_DONE = Verdict(AttemptResult.DELIVERED, "done", "An earlier attempt had done every step.")

FOUND = Verdict(AttemptResult.DUPLICATE, "found", "It was there already: every step that writes was left out.")

TOO_LARGE = Verdict(
    AttemptResult.REJECTED,
    "save_too_large",
    "What `save` picks out of the answer is too much to keep: pick an id instead of the whole.",
)


def not_taken(required: str) -> Verdict:
    """Return the end of an attempt with an event that the destination is not for."""
    detail = f"This destination takes only events of which `requires` is true ({required}); nothing was sent."
    return Verdict(AttemptResult.REJECTED, "requires", detail)


def not_sent(step: str, required: str) -> Verdict:
    """Return the end of an attempt at a step that must not be sent as things stand."""
    return Verdict(AttemptResult.REJECTED, "requires", f"The step {step} requires ({required}); it was not sent.")


def cannot_render(step: str, error: Exception) -> Verdict:
    """Return the end of an attempt whose request cannot be made of this event. `error` names no value."""
    where = f"The step {step} cannot be made" if step else "The request cannot be made"
    return Verdict(AttemptResult.REJECTED, "cannot_render", f"{where}: {error}.")


def looks_first(judged: Verdict, finder: str, patience: timedelta) -> Verdict:
    """Return an unknown end that the next attempt clears up, when the destination has had time to come to an end."""
    sentence = judged.detail.replace(" It may have arrived: look there before you replay it.", "")
    return replace(
        judged,
        detail=f"{sentence} It may have arrived: the next attempt asks the step {finder} first.",
        looks_first=True,
        retry_after=max(patience, judged.retry_after or patience),
    )


def not_yet_there(step: str, finder: str, wait: timedelta) -> Verdict:
    """Return the end of an attempt that found nothing, too soon after a send that may still be under way."""
    return Verdict(
        AttemptResult.UNKNOWN,
        "not_yet_there",
        f"The step {step} may have arrived, and the step {finder} finds nothing yet. "
        f"It is asked once more before {step} is sent again.",
        looks_first=True,
        retry_after=wait,
    )


def arrived(judged: Verdict, finder: str) -> Verdict:
    """Return the end of an attempt that found what an earlier one had sent."""
    detail = f"An earlier attempt had arrived: the step {finder} found it."
    return replace(judged, result=AttemptResult.DELIVERED, reason="found", detail=detail)


def not_singled_out(last: Verdict) -> Verdict:
    """Return the end of an attempt for an event of a refused list that was not sent anew by itself, or with fewer."""
    waits = last.retry_after if last.result in (AttemptResult.RETRY, AttemptResult.UNKNOWN) else None
    return Verdict(
        AttemptResult.RETRY,
        "not_singled_out",
        "It was in a list that was refused, and it is not known yet for which of its events. The next attempt goes on.",
        retry_after=waits,
    )


def faulty(mistake: str) -> Verdict:
    """Return the end of an attempt that the settings make impossible."""
    return Verdict(AttemptResult.RETRY, "faulty_settings", f"The destination's settings have a mistake: {mistake}")
