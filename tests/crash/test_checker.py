"""Each rule of the checker rejects a history that breaks it: a checker that cannot fail proves nothing."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from crash import checker
from crash.checker import check
from crash.evidence import Booking, Counted, Evidence, Key, StoredBody, StoredDelivery, StoredEvent
from crash.history import Operation, Outcome, Post

BODY = b'{"TransID": "UA"}'
PAID = Post("duka", "600638", "c2b-confirmation", BODY, ("UA",), paid=True)
NONSENSE = Post("duka", "600638", "c2b-confirmation", b"nonsense", ())


def asked(number: int, post: Post, outcome: Outcome = "ok", result: str | None = "accepted", **more: Any) -> Operation:
    times = {"invoked": number * 10.0, "ended": number * 10.0 + 1, "status": 200 if outcome == "ok" else None}
    return Operation(**{"number": number, "post": post, "outcome": outcome, "result": result, **times, **more})


def event(**more: Any) -> StoredEvent:
    body = {"type": "payment.succeeded", "tenant": "duka", "receipt": "UA", "ids": {"checkout_request_id": None}}
    return StoredEvent(**{"id": "e1", "tenant": "duka", "type": body["type"], "payment_id": 1, "body": body, **more})


def sent(**more: Any) -> Booking:
    body = json.dumps(event().body).encode()
    return Booking(**{"tenant": "duka", "destination": "erp", "webhook_id": "e1", "body": body, **more})


def to_erp(_tenant: str, _type: str) -> Sequence[str]:
    return ("erp",)


HISTORY = (
    asked(0, PAID),
    asked(1, PAID, result="duplicate"),
    asked(2, PAID, "info", None),
    asked(3, NONSENSE, result="quarantined", status=400),
    asked(4, replace(PAID, body=b'{"TransID": "UB"}', names=("UB",)), "fail", None),
)
KEPT = StoredBody("callbacks", "duka", "600638", "c2b-confirmation", BODY)
EVIDENCE = Evidence(
    bodies=(KEPT, replace(KEPT, table="quarantine", body=b"nonsense")),
    counted=(Counted("duka", "600638", "c2b-confirmation", 3),),
    keys=(Key("duka", "UA", 1, "duka"),),
    events=(event(),),
    deliveries=(StoredDelivery("e1", "duka", "erp", "delivered"),),
    bookings=(sent(), sent()),
)


def test_a_good_history_passes() -> None:
    assert check(HISTORY, EVIDENCE, to_erp) == []


def with_evidence(**more: Any) -> tuple[Sequence[Operation], Evidence]:
    """Return the good history with evidence that has these in addition, or in place where they are tuples."""
    added = {
        name: value if isinstance(value, tuple) else (*getattr(EVIDENCE, name), value) for name, value in more.items()
    }
    return HISTORY, replace(EVIDENCE, **added)


def with_history(*more: Operation) -> tuple[Sequence[Operation], Evidence]:
    return (*HISTORY, *more), EVIDENCE


OTHERS = json.dumps({**event().body, "tenant": "soko"}).encode()
BAD = {
    "an answered callback is gone": ("what_was_answered_is_stored", with_evidence(bodies=(EVIDENCE.bodies[1],))),
    "a byte is other": ("what_was_answered_is_stored", with_evidence(bodies=(replace(KEPT, body=BODY + b" "),))),
    "accepted but only quarantined": (
        "what_was_answered_is_stored",
        with_evidence(bodies=(replace(KEPT, table="quarantine"), EVIDENCE.bodies[1])),
    ),
    "answered as if the key were wrong": (
        "what_was_answered_is_stored",
        with_history(asked(5, PAID, result=None, status=404)),
    ),
    "a receipt names two payments": ("each_name_is_one_payment", with_evidence(keys=Key("duka", "UA", 2, "duka"))),
    "an event of another payment": ("each_name_is_one_payment", with_evidence(events=event(id="e2", payment_id=2))),
    "a payment succeeded twice": ("each_name_is_one_payment", with_evidence(events=event(id="e2"))),
    "an answered payment has no event": ("what_was_paid_has_an_event", with_evidence(events=())),
    "a delivery is missing": ("every_delivery_ends", with_evidence(deliveries=())),
    "a delivery too many": (
        "every_delivery_ends",
        with_evidence(deliveries=StoredDelivery("e1", "duka", "archive", "dead")),
    ),
    "a delivery hangs": (
        "every_delivery_ends",
        with_evidence(deliveries=(StoredDelivery("e1", "duka", "erp", "pending"),)),
    ),
    "a delivered one never arrived": ("every_delivery_ends", with_evidence(bookings=())),
    "a receipt is booked under two ids": ("each_receipt_is_booked_once", with_evidence(bookings=sent(webhook_id="e2"))),
    "one id brings other bytes": ("each_receipt_is_booked_once", with_evidence(bookings=sent(body=OTHERS))),
    "bytes lie with another tenant": ("nothing_crosses_tenants", with_evidence(bodies=replace(KEPT, tenant="soko"))),
    "bytes lie with another shortcode": ("nothing_crosses_tenants", with_evidence(bodies=replace(KEPT, shortcode="1"))),
    "a key leads to another tenant": (
        "nothing_crosses_tenants",
        with_evidence(keys=(Key("duka", "UA", 1, "soko"),)),
    ),
    "an event of another tenant": ("nothing_crosses_tenants", with_evidence(events=event(id="e2", tenant="soko"))),
    "a delivery of another tenant": (
        "nothing_crosses_tenants",
        with_evidence(deliveries=StoredDelivery("e1", "soko", "erp", "delivered")),
    ),
    "another tenant's destination got it": ("nothing_crosses_tenants", with_evidence(bookings=sent(tenant="soko"))),
    "bytes that nobody posted": ("everything_is_explained", with_evidence(bodies=replace(KEPT, body=b"{}"))),
    "an event of a receipt that nobody posted": (
        "everything_is_explained",
        with_evidence(events=event(id="e2", body={**event().body, "receipt": "UZ"})),
    ),
    "a request that is no event": ("everything_is_explained", with_evidence(bookings=sent(webhook_id="e9"))),
    "counted too often": (
        "everything_is_explained",
        with_evidence(counted=(Counted("duka", "600638", "c2b-confirmation", 5),)),
    ),
    "counted too seldom": (
        "everything_is_explained",
        with_evidence(counted=(Counted("duka", "600638", "c2b-confirmation", 2),)),
    ),
    "a duplicate is accepted": ("duplicates_are_answered_alike", with_history(asked(5, PAID))),
    "a duplicate becomes a conflict": (
        "duplicates_are_answered_alike",
        with_history(asked(5, PAID, result="conflict")),
    ),
    "a duplicate gets another status": (
        "duplicates_are_answered_alike",
        with_history(asked(5, PAID, result="duplicate", status=400)),
    ),
    "at one time accepted twice": ("duplicates_are_answered_alike", with_history(asked(5, PAID, invoked=0.5, ended=2))),
    "nonsense is accepted": ("results_fit_what_was_sent", with_history(asked(5, NONSENSE))),
    "sense is quarantined": ("results_fit_what_was_sent", with_history(asked(5, PAID, result="quarantined"))),
    "what never arrived is there": ("no_false_success", with_evidence(bodies=replace(KEPT, body=b'{"TransID": "UB"}'))),
}


@pytest.mark.parametrize(("rule", "bad"), BAD.values(), ids=BAD)
def test_a_bad_history_is_rejected_by_its_rule(rule: str, bad: tuple[Sequence[Operation], Evidence]) -> None:
    breaches = check(*bad, to_erp)
    assert rule in {breach.partition(":")[0] for breach in breaches}, breaches


def test_every_rule_has_a_history_that_it_rejects() -> None:
    rules = {rule.__name__ for rule in checker.RULES} | {"every_delivery_ends"}  # type: ignore[attr-defined]
    assert rules == {rule for rule, _ in BAD.values()}
