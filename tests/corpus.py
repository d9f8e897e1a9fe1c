"""The recorded bodies of tests/payloads, and what the pipeline makes of them."""

import json
from pathlib import Path
from typing import Any

from arrivals import KEY, callback, hooks, shortcode
from declared import DECLARED

from gateway.domain.received import Arrival, Quarantined, Received
from gateway.pipeline.receive import receive

PAYLOADS = Path(__file__).parent / "payloads"
NAMES = sorted(
    str(path.relative_to(PAYLOADS).with_suffix(""))
    for path in PAYLOADS.glob("*/*.json")
    if not path.name.endswith(".expected.json")
)
# They differ from time to time.
FLEETING = ("id", "payment_id", "received_at", "sources")


def body_of(name: str) -> bytes:
    """Return a body as it was posted."""
    return (PAYLOADS / f"{name}.json").read_bytes()


def expected_of(name: str) -> dict[str, Any]:
    """Return what ought to become of a body, with the query and shortcode it was posted for."""
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.expected.json").read_text("utf-8"))
    return found


def receive_recorded(name: str, body: bytes | None = None) -> Received:
    """Return what the pipeline makes of a recorded body, or of another in its place."""
    expected = expected_of(name)
    kind = name.partition("/")[0]
    business = shortcode(**expected.get("shortcode", {}))
    hook = hooks(business, providers=DECLARED).find(KEY, kind)
    assert hook is not None
    posted = body_of(name) if body is None else body
    return receive(hook, callback(kind, posted, shortcode=business.number, context=expected.get("query", {})))


def outcome_of(made: Received) -> dict[str, Any]:
    """Return what became of a body in the form of an `.expected.json`."""
    if isinstance(made, Quarantined):
        return {"quarantine": {"reason": made.reason.value, "path": made.path}}
    if not isinstance(made, Arrival):
        return {"question": made.decision}
    told = made.event.as_dict(frozenset({"balances"}))
    return {"event": {name: value for name, value in told.items() if name not in FLEETING}}
