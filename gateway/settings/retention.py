"""`store.retention`: how long what is no longer needed is kept."""

from datetime import time

from gateway.domain.settings import Retention
from gateway.settings.durations import duration_of
from gateway.settings.report import Section

KEPT = ("raw", "attempts", "questions", "quarantine", "payer")


def retention_of(section: Section) -> Retention:
    """Return what a section says; what is missing, or wrong, is kept for ever."""
    kept = {name: duration_of(section.get(name, "")) for name in KEPT}
    nightly = section.get("nightly")
    if nightly is not None and not any(name in section for name in KEPT):
        message = "there is nothing to purge at that time."
        section.report.warning(section.at("nightly"), message, "Say how long something is kept, such as raw: 90d.")
    return Retention(**kept, nightly=None if nightly is None else time.fromisoformat(nightly))
