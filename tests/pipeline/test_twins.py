"""An STK callback and the C2B confirmation of one receipt: three orders x arrival x amount, and what comes of each."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from arrivals import AT, callback, hook
from simulated import c2b, stk

from gateway.domain.received import Arrival
from gateway.domain.settings import Route
from gateway.domain.settled import Disposition, Issue, Settled, Stored
from gateway.pipeline.receive import receive
from gateway.pipeline.settle import settle

WINDOW = timedelta(seconds=10)
ROUTES = (
    Route({"reference": ("INV-*",)}, ("erp",)),
    Route({"type": ("payment.succeeded",)}, ("suspense",)),
    Route({"type": ("payment.updated",)}, ("updates",)),
)


def arrival(kind: str, body: dict[str, Any], routes: tuple[Route, ...] = ROUTES, **shortcode: Any) -> Arrival:
    made = receive(hook(kind, routes, **shortcode), callback(kind, body))
    assert isinstance(made, Arrival), made
    return made


def pushed(amount: float = 1500) -> Arrival:
    return arrival("stk", stk("ws_CO_1", "UKO7R8T1YB", amount), merge_window=WINDOW)


def confirmed(amount: str = "1500.00") -> Arrival:
    return arrival("c2b-confirmation", c2b("UKO7R8T1YB", amount=amount), merge_window=WINDOW)


class Ledger:
    """What a store would hold after these batches: the last issue of each event, and the answers."""

    def __init__(self) -> None:
        self.stored = Stored(AT)
        self.issues: dict[str, Issue] = {}
        self.settled: list[Settled] = []

    def batch(self, after: timedelta, *arrivals: Arrival) -> None:
        self.stored = Stored(AT + after, self.stored.callbacks, self.stored.keys, self.stored.payments)
        for one in settle(self.stored, arrivals):
            self.settled.append(one)
            if one.issue is not None:
                known = one.issue.event.id in self.issues
                assert known == one.issue.replaces, "an event is made once, then only replaced"
                self.issues[one.issue.event.id] = one.issue

    @property
    def dispositions(self) -> list[str]:
        return [one.disposition.value for one in self.settled]

    @property
    def events(self) -> list[tuple[str, str | None, str | None, tuple[str, ...]]]:
        return [
            (one.event.type, one.event.account_reference, one.event.payer.name, one.destinations)
            for one in self.issues.values()
        ]


WHOLE = ("payment.succeeded", "INV-1042", "JOHN", ("erp",))
PUSH_ALONE = ("payment.succeeded", None, None, ("suspense",))

ORDERS = ("push first", "confirmation first", "same batch, push first", "same batch, confirmation first")
ARRIVALS = {"before": timedelta(seconds=9), "at": WINDOW, "after": timedelta(seconds=11)}


def expected(order: str, arrival: str, same_amount: bool) -> tuple[list[str], list[Any]]:
    """Return the dispositions and the events: the table of the rule."""
    if not same_amount:
        first = PUSH_ALONE if order.endswith("push first") else WHOLE
        return ["accepted", "conflict"], [first]
    if order == "push first" and arrival != "before":
        # The route by reference names no type, so that an update reaches only who asks for it.
        return ["accepted", "accepted"], [PUSH_ALONE, ("payment.updated", "INV-1042", "JOHN", ("updates",))]
    return ["accepted", "accepted"], [WHOLE]


@pytest.mark.parametrize("same_amount", [True, False], ids=["same amount", "other amount"])
@pytest.mark.parametrize("when", ARRIVALS)
@pytest.mark.parametrize("order", ORDERS)
def test_twins(order: str, when: str, same_amount: bool) -> None:
    twins = [pushed(), confirmed("1500.00" if same_amount else "10.00")]
    if order.endswith("confirmation first"):
        twins = [confirmed(), pushed(1500 if same_amount else 10)]
    ledger = Ledger()
    if order.startswith("same batch"):
        ledger.batch(timedelta(0), *twins)
    else:
        ledger.batch(timedelta(0), twins[0])
        ledger.batch(ARRIVALS[when], twins[1])
    dispositions, events = expected(order, when, same_amount)
    assert (ledger.dispositions, ledger.events) == (dispositions, events)


def test_only_a_push_waits_for_its_twin() -> None:
    for first, waits in ((pushed(), WINDOW), (confirmed(), timedelta(0))):
        ledger = Ledger()
        ledger.batch(timedelta(0), first)
        (issue,) = ledger.issues.values()
        assert issue.due_at == AT + waits


def test_a_failed_push_does_not_wait() -> None:
    ledger = Ledger()
    ledger.batch(timedelta(0), arrival("stk", stk("ws_CO_1", code=1032), merge_window=WINDOW))
    (issue,) = ledger.issues.values()
    assert issue.due_at == AT


def test_a_completed_event_is_the_same_whichever_twin_came_first() -> None:
    def made(*twins: Arrival) -> dict[str, Any]:
        ledger = Ledger()
        ledger.batch(timedelta(0), *twins)
        (issue,) = ledger.issues.values()
        told = issue.event.as_dict(frozenset({"balances"}))
        return {name: value for name, value in told.items() if name not in ("kind", "sources", "received_at")}

    one, other = made(pushed(), confirmed()), made(confirmed(), pushed())
    assert one == other
    assert one["payer"] == {"msisdn": "254708374149", "msisdn_masked": None, "msisdn_hash": None, "name": "JOHN"}
    assert one["ids"]["checkout_request_id"] == "ws_CO_1"
    assert one["balances"] == {"OrgAccountBalance": "49197.00"}
    assert one["result"]["code"] == "0"


def test_an_event_keeps_its_id_when_its_twin_completes_it_and_names_both_sources() -> None:
    first, second = pushed(), confirmed()
    ledger = Ledger()
    ledger.batch(timedelta(0), first)
    ledger.batch(timedelta(seconds=5), second)
    (issue,) = ledger.issues.values()
    assert issue.event.id == first.event.id
    assert issue.event.sources == (str(first.callback.id), str(second.callback.id))
    assert issue.due_at == AT + WINDOW


def test_a_sealed_event_never_changes_whatever_the_clock_says() -> None:
    ledger = Ledger()
    ledger.batch(timedelta(0), pushed())
    for payment in ledger.stored.payments.values():
        ledger.stored.payments[payment.id] = replace(payment, sealed=True)
    ledger.batch(timedelta(seconds=1), confirmed())
    assert [event[0] for event in ledger.events] == ["payment.succeeded", "payment.updated"]


def test_an_event_that_no_route_takes_is_never_sealed() -> None:
    routes = (Route({"reference": ("INV-*",)}, ("erp",)),)
    ledger = Ledger()
    ledger.batch(timedelta(0), arrival("stk", stk("ws_CO_1"), routes=routes))
    ledger.batch(timedelta(days=30), arrival("c2b-confirmation", c2b("UKO7R8T1YB"), routes=routes))
    assert ledger.events == [WHOLE]


def test_an_update_is_made_once() -> None:
    ledger = Ledger()
    ledger.batch(timedelta(0), pushed())
    ledger.batch(timedelta(minutes=1), confirmed())
    ledger.batch(timedelta(minutes=2), confirmed())
    assert ledger.dispositions == ["accepted", "accepted", "duplicate"]
    assert len(ledger.issues) == 2


def test_a_late_twin_that_adds_nothing_makes_no_update() -> None:
    ledger = Ledger()
    ledger.batch(timedelta(0), confirmed())
    ledger.batch(timedelta(minutes=1), pushed())
    assert [event[0] for event in ledger.events] == ["payment.succeeded"]
    assert ledger.settled[-1].disposition is Disposition.ACCEPTED


def test_a_receipt_joins_the_payment_of_an_earlier_failed_push() -> None:
    ledger = Ledger()
    ledger.batch(timedelta(0), arrival("stk", stk("ws_CO_1", code=1032)))
    ledger.batch(timedelta(seconds=1), confirmed())
    ledger.batch(timedelta(seconds=2), pushed())
    last = ledger.settled[-1]
    assert last.payment is not None
    receipt_payment = ledger.settled[1].payment
    assert receipt_payment is not None
    assert last.payment.id == receipt_payment.id, "the receipt's payment wins"
    assert last.joined == (ledger.settled[0].payment.id,) if ledger.settled[0].payment else False
    assert last.note == "a payment that had failed has now succeeded"
    assert set(ledger.stored.keys.values()) == {receipt_payment.id}


@pytest.mark.parametrize(
    ("happened", "hold", "waits"),
    [
        (timedelta(days=-8), timedelta(days=7), True),
        (timedelta(days=-7, seconds=1), timedelta(days=7), False),
        (timedelta(days=-8), None, False),
        (timedelta(minutes=11), timedelta(days=7), True),
        (timedelta(minutes=10), timedelta(days=7), False),
        (timedelta(minutes=11), None, False),
    ],
)
def test_an_unusual_time_waits_for_review(happened: timedelta, hold: timedelta | None, waits: bool) -> None:
    at = (AT + timedelta(hours=3) + happened).strftime("%Y%m%d%H%M%S")
    ledger = Ledger()
    ledger.batch(timedelta(0), arrival("c2b-confirmation", c2b("UKO7R8T1YB", TransTime=at), hold_older_than=hold))
    (issue,) = ledger.issues.values()
    assert issue.review is waits
