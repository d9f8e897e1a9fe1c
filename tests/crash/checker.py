"""The checker: rules that hold whatever was killed when. Each takes the history and the evidence and names breaches."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from crash.evidence import Booking, Evidence, StoredBody
from crash.history import Operation

Rule = Callable[[Sequence[Operation], Evidence], Iterator[str]]

_RESULTS = {"accepted": "callbacks", "duplicate": "callbacks", "conflict": "callbacks", "quarantined": "quarantine"}
SUCCEEDED = "payment.succeeded"


def what_was_answered_is_stored(history: Sequence[Operation], evidence: Evidence) -> Iterator[str]:
    """Every `ok` is in the store, byte for byte, where its answer says."""
    stored = defaultdict(set)
    for kept in evidence.bodies:
        place = "quarantine" if kept.table == "quarantine" else "callbacks"
        stored[place].add((kept.tenant, kept.shortcode, kept.kind, kept.body))
    for one in history:
        if one.outcome != "ok":
            continue
        place = _RESULTS.get(one.result or "")
        if place is None:
            yield f"{one.number}: answered {one.status} without a result"
        elif _origin(one) not in stored[place]:
            yield f"{one.number}: answered {one.status} {one.result}, but its bytes are not in {place}"


def each_name_is_one_payment(_history: Sequence[Operation], evidence: Evidence) -> Iterator[str]:
    """A receipt or checkout id names one payment of its tenant, and each payment has one success."""
    payments = defaultdict(set)
    for key in evidence.keys:
        payments[key.tenant, key.value].add(key.payment_id)
    for event in evidence.events:
        for name in event.names:
            payments[event.tenant, name].add(event.payment_id)
    yield from (f"{name} names {len(ids)} payments" for name, ids in payments.items() if len(ids) > 1)
    successes = Counter(event.payment_id for event in evidence.events if event.type == SUCCEEDED)
    yield from (f"payment {one} has {count} successes" for one, count in successes.items() if count > 1)


def what_was_paid_has_an_event(history: Sequence[Operation], evidence: Evidence) -> Iterator[str]:
    """Of every receipt that was answered `ok` there is a success in the store."""
    succeeded = {(event.tenant, event.body["receipt"]) for event in evidence.events if event.type == SUCCEEDED}
    for one in history:
        if one.outcome == "ok" and one.post.paid and (one.post.tenant, one.post.names[0]) not in succeeded:
            yield f"{one.number}: {one.post.names[0]} was answered {one.status}, but has no event"


def every_delivery_ends(routed: Callable[[str, str], Sequence[str]]) -> Rule:
    """Each event has a delivery for each of its destinations, delivered, dead or due; delivered ones have arrived."""

    def rule(_history: Sequence[Operation], evidence: Evidence) -> Iterator[str]:
        made = Counter((one.event_id, one.destination) for one in evidence.deliveries)
        expected = Counter((one.id, name) for one in evidence.events for name in routed(one.tenant, one.type))
        yield from (f"delivery {one} is missing" for one in expected - made)
        yield from (f"delivery {one} should not be" for one in made - expected)
        arrived = {(one.webhook_id, one.tenant, one.destination) for one in evidence.bookings}
        for one in evidence.deliveries:
            if one.state not in ("delivered", "dead") and not (one.state == "pending" and one.due):
                yield f"delivery {one} is neither ended nor due"
            if one.state == "delivered" and (one.event_id, one.tenant, one.destination) not in arrived:
                yield f"delivery {one} never arrived"

    return rule


def each_receipt_is_booked_once(_history: Sequence[Operation], evidence: Evidence) -> Iterator[str]:
    """A receiver that goes by webhook-id books each receipt once, and one id always brings the same bytes."""
    sent = defaultdict(set)
    booked = defaultdict(set)
    for one in evidence.bookings:
        sent[one.tenant, one.destination, one.webhook_id].add(one.body)
        said = _event(one)
        if said.get("type") == SUCCEEDED:
            booked[one.tenant, one.destination, said["receipt"]].add(one.webhook_id)
    yield from (f"{name} came with {len(bodies)} different bodies" for name, bodies in sent.items() if len(bodies) > 1)
    yield from (f"{name} was booked {len(ids)} times" for name, ids in booked.items() if len(ids) > 1)


def nothing_crosses_tenants(history: Sequence[Operation], evidence: Evidence) -> Iterator[str]:
    """Whatever came for one tenant is in no row of another, and went to no destination of another."""
    owner = {one.post.body: (one.post.tenant, one.post.shortcode) for one in history}
    for kept in evidence.bodies:
        if owner.get(kept.body, (kept.tenant, kept.shortcode)) != (kept.tenant, kept.shortcode):
            yield f"bytes of {owner[kept.body]} are in {kept.table} as {kept.tenant}'s"
    tenants = {event.id: event.tenant for event in evidence.events}
    yield from (f"key {key} leads to {key.payment_tenant}" for key in evidence.keys if key.tenant != key.payment_tenant)
    for event in evidence.events:
        if event.body["tenant"] != event.tenant:
            yield f"event {event.id} of {event.tenant} speaks of {event.body['tenant']}"
    for delivery in evidence.deliveries:
        if tenants.get(delivery.event_id) != delivery.tenant:
            yield f"{delivery} is of an event of {tenants.get(delivery.event_id)}"
    for one in evidence.bookings:
        if _event(one).get("tenant", one.tenant) != one.tenant or tenants.get(one.webhook_id, one.tenant) != one.tenant:
            yield f"{one.tenant}/{one.destination} got {one.webhook_id} of {tenants.get(one.webhook_id)}"


def everything_is_explained(history: Sequence[Operation], evidence: Evidence) -> Iterator[str]:
    """Nothing is stored, counted or delivered that nobody posted; and nothing answered is left out of the count."""
    posted = {_origin(one) for one in history}
    yield from (f"{kept} was never posted" for kept in evidence.bodies if _kept(kept) not in posted)
    named = {(one.post.tenant, name) for one in history for name in one.post.names}
    for event in evidence.events:
        if not {(event.tenant, name) for name in event.names} <= named:
            yield f"event {event.id} speaks of {set(event.names)}, which nobody posted"
    events = {event.id for event in evidence.events}
    yield from (
        f"{one.webhook_id} was sent and is no event" for one in evidence.bookings if one.webhook_id not in events
    )
    invoked = Counter(_hook(one) for one in history if one.outcome != "fail")
    answered = Counter(_hook(one) for one in history if one.outcome == "ok")
    seen = {(one.tenant, one.shortcode, one.kind): one.seen for one in evidence.counted}
    for hook in {*answered, *seen}:
        if not answered[hook] <= seen.get(hook, 0) <= invoked[hook]:
            yield f"{hook}: {answered[hook]} answered, {seen.get(hook, 0)} counted, {invoked[hook]} posted"


def duplicates_are_answered_alike(history: Sequence[Operation], _evidence: Evidence) -> Iterator[str]:
    """Bytes that were answered once are answered the same way ever after: a duplicate, or quarantined again."""
    by_bytes = defaultdict(list)
    for one in history:
        if one.outcome == "ok":
            by_bytes[_origin(one)].append(one)
    for operations in by_bytes.values():
        first = min(operations, key=lambda one: one.ended)
        expected = "quarantined" if first.result == "quarantined" else "duplicate"
        for one in operations:
            if one.status != first.status:
                yield f"{one.number}: answered {one.status}, the same bytes {first.status} before"
            if one.invoked > first.ended and one.result != expected:
                yield f"{one.number}: answered {one.result}, but {first.number} was {first.result} before"
        if sum(one.result == "accepted" for one in operations) > 1:
            yield f"{first.number}: the same bytes were accepted twice"


def results_fit_what_was_sent(history: Sequence[Operation], _evidence: Evidence) -> Iterator[str]:
    """Only what is malformed is quarantined, and all of it; what is well formed gets 200."""
    for one in history:
        if one.outcome != "ok":
            continue
        if one.post.malformed != (one.result == "quarantined"):
            yield f"{one.number}: malformed is {one.post.malformed}, the answer {one.result}"
        if not one.post.malformed and one.status != 200:
            yield f"{one.number}: well formed, answered {one.status}"


def no_false_success(history: Sequence[Operation], evidence: Evidence) -> Iterator[str]:
    """What surely never reached the gateway is not in the store."""
    arrived = {_origin(one) for one in history if one.outcome != "fail"}
    lost = {_origin(one) for one in history} - arrived
    yield from (f"{kept} was never sent" for kept in evidence.bodies if _kept(kept) in lost)


RULES: tuple[Rule, ...] = (
    what_was_answered_is_stored,
    each_name_is_one_payment,
    what_was_paid_has_an_event,
    each_receipt_is_booked_once,
    nothing_crosses_tenants,
    everything_is_explained,
    duplicates_are_answered_alike,
    results_fit_what_was_sent,
    no_false_success,
)
"""All rules but `every_delivery_ends`, which has to know the routes."""


def check(history: Sequence[Operation], evidence: Evidence, routed: Callable[[str, str], Sequence[str]]) -> list[str]:
    """Return every breach of every rule."""
    return [
        f"{name}: {breach}"
        for name, rule in [
            *((rule.__name__, rule) for rule in RULES),  # type: ignore[attr-defined]
            ("every_delivery_ends", every_delivery_ends(routed)),
        ]
        for breach in rule(history, evidence)
    ]


def _origin(one: Operation) -> tuple[str, str, str, bytes]:
    return (one.post.tenant, one.post.shortcode, one.post.kind, one.post.body)


def _kept(kept: StoredBody) -> tuple[str, str, str, bytes]:
    return (kept.tenant, kept.shortcode, kept.kind, kept.body)


def _hook(one: Operation) -> tuple[str, str, str]:
    return (one.post.tenant, one.post.shortcode, one.post.kind)


def _event(booking: Booking) -> dict[str, str]:
    """Return the event in a request, nothing where it carries raw bytes."""
    said = json.loads(booking.body)
    return said if "type" in said else {}
