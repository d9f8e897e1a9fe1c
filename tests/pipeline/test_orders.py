"""Nasty orders: what a stranger would try against the rules of money. First by name, then any that chance finds."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

import pytest
from about import answer, payout, reversal
from arrivals import AT, callback, hook
from hypothesis import given, settings
from hypothesis import strategies as st
from providers_bodies import TRANSFER, result
from simulated import c2b, stk

from gateway.domain.event import Event
from gateway.domain.outcome import Outcome
from gateway.domain.received import Arrival
from gateway.domain.settled import Disposition, KnownPayment, Settled, Stored, is_result
from gateway.pipeline.hooks import Hook
from gateway.pipeline.join import as_one
from gateway.pipeline.receive import receive
from gateway.pipeline.settle import settle

R, Q = "UKO7R8T1YB", "UKO7R8T1YC"
WINDOW = timedelta(seconds=10)
A, D, C, T = Disposition.ACCEPTED, Disposition.DUPLICATE, Disposition.CONFLICT, Disposition.ATTACHED


@lru_cache
def hook_of(kind: str, window: timedelta, hold: timedelta | None) -> Hook:
    return hook(kind, merge_window=window, hold_older_than=hold)


def arrive(
    kind: str, body: dict[str, Any], window: timedelta = WINDOW, hold: timedelta | None = None, **more: Any
) -> Arrival:
    made = receive(hook_of(kind, window, hold), callback(kind, body, **more))
    assert isinstance(made, Arrival), made
    return made


def pushed(checkout: str = "ws_1", receipt: str = R, amount: float = 1500, code: Any = 0, **more: Any) -> Arrival:
    return arrive("stk", stk(checkout, receipt, amount, code), **more)


def failed(checkout: str = "ws_1") -> Arrival:
    return pushed(checkout, code=1032)


def confirmed(receipt: str = R, amount: str = "1500.00", **more: Any) -> Arrival:
    return arrive("c2b-confirmation", c2b(receipt, amount=amount), **more)


def express(receipt: str = R, request: str = "req-1", amount: str = "1500", code: str = "0") -> Arrival:
    body = {"resultCode": code, "resultDesc": "done", "amount": amount, "requestId": request, "transactionId": receipt}
    return arrive("b2b-express", body)


@dataclass
class Ledger:
    """What a store would hold, kept as a store keeps it: what delivery has begun to send is sealed for good."""

    stored: Stored = field(default_factory=lambda: Stored(AT))
    events: dict[str, Event] = field(default_factory=dict)
    # Payment by the callback's id; None: it waits.
    owner: dict[int, str | None] = field(default_factory=dict)
    settled: list[Settled] = field(default_factory=list)
    # Events that were due when they were made, and those that delivery has begun to send.
    unheld: set[str] = field(default_factory=set)
    sealed: set[str] = field(default_factory=set)

    def batch(self, after: float, *arrivals: Arrival) -> list[Settled]:
        now = AT + timedelta(seconds=after)
        told = replace(self.stored, now=now)
        # Without a window an event may be on its way as soon as it is committed.
        self._seal(lambda one: one.event.id in self.unheld)
        made = settle(told, arrivals)
        self.stored = told
        for one in made:
            self._write(one)
        self.settled += made
        return made

    def deliver(self, after: float) -> None:
        """Begin to send what is due."""
        self._seal(lambda one: AT + timedelta(seconds=after) >= one.sealed_at)

    def _seal(self, is_due: Callable[[KnownPayment], bool]) -> None:
        for one in list(self.stored.payments.values()):
            if one.has_deliveries and is_due(one):
                self.sealed.add(one.event.id)
                self.stored.payments[one.id] = replace(one, sealed=True)

    def _write(self, one: Settled) -> None:
        if one.repeats is not None:
            return
        self.owner[one.arrival.callback.id] = None if one.payment is None else one.payment.id
        for issue in (one.issue, one.further):
            if issue is None:
                continue
            assert issue.replaces == (issue.event.id in self.events), "an event is made once, then only replaced"
            assert issue.event.id not in self.sealed, "a sealed event never changes"
            self.events[issue.event.id] = issue.event
            if not issue.replaces and issue.due_at <= self.stored.now:
                self.unheld.add(issue.event.id)
        for callback_id, owner in list(self.owner.items()):
            if owner in one.joined or callback_id in {each.callback_id for each in one.adopted}:
                assert one.payment is not None
                self.owner[callback_id] = one.payment.id

    def types(self) -> list[str]:
        return [event.type for event in self.events.values()]


def play(*batches: tuple[float, list[Arrival]]) -> Ledger:
    ledger = Ledger()
    for after, arrivals in batches:
        ledger.batch(after, *arrivals)
    return ledger


S, F, U, UP = "payment.succeeded", "payment.failed", "payment.unknown", "payment.updated"
# Name: batches of (seconds after the start, arrivals), what each arrival is, the events in the order of their making.
ORDERS: dict[str, tuple[list[tuple[float, list[Arrival]]], list[Disposition], list[str]]] = {
    "a resolution, then a contradiction of it": (
        [(0, [failed()]), (1, [pushed()]), (2, [pushed(amount=7)]), (3, [confirmed(amount="7.00")])],
        [A, A, C, C],
        [F, S],
    ),
    "a twin inside the window of a resolution completes it": (
        [(0, [failed()]), (60, [pushed()]), (69, [confirmed()])],
        [A, A, A],
        [F, S],
    ),
    "a twin after the window of a resolution updates": (
        [(0, [failed()]), (60, [pushed()]), (70, [confirmed()])],
        [A, A, A],
        [F, S, UP],
    ),
    "a twin between a failure and its success": (
        [(0, [failed()]), (1, [confirmed()]), (2, [pushed()]), (3, [failed()])],
        [A, A, A, D],
        [F, S],
    ),
    "everything in one batch": (
        [(0, [failed(), confirmed(), pushed(), failed(), confirmed(), pushed()])],
        [A, A, A, D, D, D],
        [F, S],
    ),
    "an update opens no sent event to what follows it in its batch": (
        [(0, [pushed(window=timedelta(0))]), (60, [confirmed(), express()])],
        [A, A, A],
        [S, UP],
    ),
    "three kinds of one receipt, none in time": (
        [(0, [pushed()]), (60, [confirmed()]), (120, [express()])],
        [A, A, A],
        [S, UP],
    ),
    "one push, two receipts": (
        [(0, [pushed()]), (1, [pushed(receipt=Q)]), (2, [confirmed(Q)])],
        [A, C, A],
        [S, S],
    ),
    "a push that claims the receipt of another's confirmation": (
        [(0, [confirmed(), pushed("ws_2", Q)]), (1, [pushed("ws_2", R)])],
        [A, A, C],
        [S, S],
    ),
    "a row that is no customer's payment, then one that is, and its push": (
        [
            (0, [arrive("c2b-confirmation", c2b(R, TransactionType="Settlement"))]),
            (1, [pushed()]),
            (20, [confirmed()]),
        ],
        [A, A, A],
        [U, S, UP],
    ),
    "unknown after all": ([(0, [pushed(code=4999)]), (1, [pushed()]), (2, [pushed(code=4999)])], [A, A, D], [U, S]),
    "60 days later": (
        [(0, [pushed(), confirmed()]), (60 * 86400, [pushed(), confirmed(), failed()])],
        [A, A, D, D, C],
        [S],
    ),
    "a transfer out and a payment in of one receipt": (
        [(0, [arrive("b2b-result", result(TRANSFER | {"Amount": "1500"}, TransactionID=R)), confirmed()])],
        [A, A],
        ["transfer.succeeded", S],
    ),
}


@pytest.mark.parametrize(("batches", "dispositions", "types"), ORDERS.values(), ids=ORDERS.keys())
def test_orders(batches: list[tuple[float, list[Arrival]]], dispositions: list[Disposition], types: list[str]) -> None:
    ledger = play(*batches)
    assert [one.disposition for one in ledger.settled] == dispositions
    assert ledger.types() == types


@pytest.mark.parametrize("window", [timedelta(0), WINDOW])
def test_an_update_tells_once_whatever_comes_later(window: timedelta) -> None:
    ledger = play((0, [pushed(window=window)]), (60, [confirmed()]), (61, [confirmed()]), (62, [express()]))
    assert ledger.types() == [S, UP]
    update = list(ledger.events.values())[1]
    assert (update.account_reference, update.payer.name) == ("INV-1042", "JOHN")


def test_a_held_push_stays_held_when_its_twin_completes_it() -> None:
    week = {"hold": timedelta(days=7)}
    old = {"TransTime": "20261101101530"}
    ledger = Ledger()
    for at, one in ((0, pushed(**week)), (1, arrive("c2b-confirmation", c2b(R, **old), **week))):
        (settled,) = ledger.batch(at, one)
    assert settled.issue is not None
    assert (settled.issue.replaces, settled.issue.review) == (True, True)


def test_one_receipt_of_two_tenants_is_joined_in_each_alone() -> None:
    def of(tenant: str) -> list[Arrival]:
        return [
            arrive("stk", stk("ws_1", R, code=1032), tenant=tenant),
            arrive("c2b-confirmation", c2b(R), tenant=tenant),
            arrive("stk", stk("ws_1", R), tenant=tenant),
        ]

    mixed = [one for pair in zip(of("duka"), of("mama"), strict=True) for one in pair]
    ledger = play(*((at, [one]) for at, one in enumerate(mixed)))
    assert [one.disposition for one in ledger.settled] == [A] * 6
    assert len({ledger.owner[one.callback.id] for one in mixed}) == 2
    assert len({event.id for event in ledger.events.values()}) == 4


def known(id: str, outcome: Outcome, amount: str | None = None) -> KnownPayment:
    told = frozenset({("stk", f"{outcome.text[0]}{id}")})
    event = replace(confirmed().event, id=f"event-{id}", outcome=outcome)
    return KnownPayment(id, outcome, amount, event, frozenset({event.id}), told, AT, False, True)


@pytest.mark.parametrize(
    ("first", "other", "stands"),
    [
        ((Outcome.UNKNOWN, None), (Outcome.SUCCEEDED, "5.00"), ("event-b", Outcome.SUCCEEDED, "5.00")),
        ((Outcome.FAILED, "7.00"), (Outcome.SUCCEEDED, None), ("event-b", Outcome.SUCCEEDED, "7.00")),
        ((Outcome.SUCCEEDED, "7.00"), (Outcome.FAILED, "5.00"), ("event-a", Outcome.SUCCEEDED, "7.00")),
        ((Outcome.SUCCEEDED, "7.00"), (Outcome.SUCCEEDED, "5.00"), ("event-a", Outcome.SUCCEEDED, "7.00")),
    ],
)
def test_payments_that_are_one_keep_the_highest_outcome_under_the_first_id(
    first: tuple[Outcome, Any], other: tuple[Outcome, Any], stands: tuple[str, Outcome, str]
) -> None:
    one = as_one([known("a", *first), known("b", *other)])
    assert (one.event.id, one.outcome, one.amount) == stands
    assert one.id == "a"
    assert one.event_ids == {"event-a", "event-b"}
    assert len(one.told) == 2


def declared(order_id: str, reference: str | None, status: str) -> Arrival:
    """A callback of a kind whose pending ones have a receipt too, as those of described providers may."""
    base = confirmed().facts
    outcome = {"ok": Outcome.SUCCEEDED, "no": Outcome.FAILED, "?": Outcome.UNKNOWN}[status]
    keys = ((("receipt", reference),) if reference else ()) + (("checkout", order_id),)
    facts = replace(base, outcome=outcome, keys=keys, identity=f"{order_id}/{reference}/{status}", receipt=reference)
    event = replace(
        confirmed().event, kind="wallet", outcome=outcome, type=f"payment.{outcome.text}", receipt=reference
    )
    named = f"{order_id}-{reference}"
    event = replace(event, id=f"{named}-{outcome.text}", payment_id=named)
    return replace(confirmed(), callback=callback("wallet", {}), facts=facts, event=event)


@pytest.mark.parametrize("last", ["?", "no", "ok"])
def test_a_success_survives_being_joined_to_a_payment_of_which_less_is_known(last: str) -> None:
    """The receipt's payment won with the lower outcome it had: a failure would have been booked over a success."""
    ledger = Ledger()
    ledger.batch(0, declared("o-1", None, "ok"))
    ledger.batch(1, declared("o-2", R, "?"))
    (told,) = ledger.batch(2, declared("o-1", R, last))
    assert told.disposition is {"?": T, "no": C, "ok": C}[last]
    assert S in ledger.types()
    assert F not in ledger.types()
    if told.joined:
        assert told.payment is not None
        assert told.payment.outcome is Outcome.SUCCEEDED
        (after,) = ledger.batch(3, declared("o-1", R, "no"))
        assert after.disposition is C


def test_two_successes_that_turn_out_to_be_one_are_told() -> None:
    ledger = Ledger()
    ledger.batch(0, declared("o-1", None, "ok"), confirmed())
    (told,) = ledger.batch(1, replace_kind(declared("o-1", R, "ok"), "other-wallet"))
    assert told.note == "two payments that have both succeeded are one: it may have been booked twice"


def replace_kind(arrival: Arrival, kind: str) -> Arrival:
    made = replace(arrival, event=replace(arrival.event, kind=kind))
    return replace(made, callback=replace(made.callback, kind=kind))


# What chance may put together: two receipts, two amounts, every kind that may meet, and results about them.
RECEIPTS = st.sampled_from((R, Q))
AMOUNTS = st.sampled_from((1500, 1500, 7))
WENT = st.sampled_from(("succeeded", "failed", "unknown"))
ONE_OF_TWO = st.integers(1, 2)


def _confirmed(receipt: str, amount: int, transaction_type: str) -> Arrival:
    return arrive("c2b-confirmation", c2b(receipt, amount=f"{amount}.00", TransactionType=transaction_type))


def _paid_out(went: str, amount: int, receipt: str) -> Arrival:
    return arrive("b2c-result", payout(went, amount, **({"TransactionID": receipt} if went == "succeeded" else {})))


def _answered(says: str, amount: int, query: int, receipt: str, originator: str) -> Arrival:
    body = answer(says, str(amount), f"q-{query}", ReceiptNo=receipt, OriginatorConversationID=originator)
    return arrive("status-result", body)


ANY = st.one_of(
    st.builds(
        lambda number, *told: pushed(f"ws_{number}", *told),
        ONE_OF_TWO, RECEIPTS, AMOUNTS, st.sampled_from((0, 0, 1032, 4999)),
    ),
    st.builds(_confirmed, RECEIPTS, AMOUNTS, st.sampled_from(("Pay Bill", "Pay Bill", "Settlement"))),
    st.builds(
        lambda receipt, number, amount, code: express(receipt, f"req-{number}", str(amount), code),
        RECEIPTS, ONE_OF_TWO, AMOUNTS, st.sampled_from(("0", "0", "4001", "9")),
    ),
    st.builds(_paid_out, WENT, AMOUNTS, RECEIPTS),
    st.builds(
        _answered, st.one_of(WENT, st.just("query failed")), AMOUNTS, st.integers(1, 3), RECEIPTS,
        st.sampled_from(("subject", "req-1", "nobody")),
    ),
    st.builds(
        lambda went, amount, number, receipt: arrive(
            "reversal-result", reversal(went, str(amount), f"r-{number}", receipt)
        ),
        WENT, AMOUNTS, ONE_OF_TWO, RECEIPTS,
    ),
)  # fmt: skip
STEPS = st.sampled_from((0, 1, 9, 11, -5))
BATCHES = st.lists(st.tuples(STEPS, st.booleans(), st.lists(ANY, min_size=1, max_size=4)), max_size=8)


@settings(max_examples=250)
@given(BATCHES)
def test_the_rules_hold_in_any_order(batches: list[tuple[float, bool, list[Arrival]]]) -> None:
    ledger, at = Ledger(), 0.0
    highest: dict[str, Outcome] = {}
    for after, sends, arrivals in batches:
        at += after
        if sends:
            ledger.deliver(at)
        for one in ledger.batch(at, *arrivals):
            _check_one(one, highest)
        _check_all(ledger)


def _check_one(one: Settled, highest: dict[str, Outcome]) -> None:
    assert not (is_result(one.arrival) and one.new_payment), "a result makes no payment"
    if one.disposition in (C, D):
        assert (one.issue, one.further, one.keys) == (None, None, ())
    if one.payment is None:
        return
    joined = max((highest.get(other, Outcome.UNKNOWN) for other in one.joined), default=Outcome.UNKNOWN)
    before = max(highest.get(one.payment.id, Outcome.UNKNOWN), joined)
    if one.disposition is not C:
        assert one.payment.outcome >= before, "an outcome never goes back"
    highest[one.payment.id] = max(before, one.payment.outcome)


def _check_all(ledger: Ledger) -> None:
    # Made under one key and later found to be one: nobody could know, and `join` warns.
    joined = {other for one in ledger.settled for other in one.joined}
    one_success: dict[str, int] = {}
    for event in ledger.events.values():
        family, _, outcome = event.type.partition(".")
        if outcome == "succeeded" and family not in ("status", "reversal") and event.payment_id is not None:
            one_success[event.payment_id] = one_success.get(event.payment_id, 0) + 1
    assert all(count == 1 for payment, count in one_success.items() if payment not in joined), one_success
    for payment_id in ledger.stored.keys.values():
        assert payment_id not in joined, "a key leads to a payment that is no more"
    for one in ledger.settled:
        owner = ledger.owner.get(one.arrival.callback.id)
        if one.repeats is None and not is_result(one.arrival):
            assert owner is not None
            assert owner not in joined
    for payment in ledger.stored.payments.values():
        assert payment.id in joined or payment.event.id in ledger.events
