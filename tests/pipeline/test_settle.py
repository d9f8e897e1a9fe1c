"""What arrivals mean beside what is known. `told` plays callbacks one after the other against an empty store."""

from collections.abc import Iterable
from typing import Any

import pytest
from arrivals import AT, arrival
from simulated import c2b, stk

from gateway.domain.event import Event
from gateway.domain.outcome import Outcome
from gateway.domain.received import Arrival
from gateway.domain.settled import Disposition, Settled, Stored
from gateway.pipeline.settle import settle

A, D, C, T = Disposition.ACCEPTED, Disposition.DUPLICATE, Disposition.CONFLICT, Disposition.ATTACHED
PUSH = "ws_CO_1"
RECEIPT = "UKO7R8T1YB"


def told(*arrivals: Arrival) -> list[Settled]:
    """Settle arrivals one by one, as they are where each has a batch of its own."""
    stored = Stored(AT)
    return [settle(stored, [one])[0] for one in arrivals]


def in_one_batch(*arrivals: Arrival) -> list[Settled]:
    return settle(Stored(AT), arrivals)


def paid(**more: Any) -> Arrival:
    return arrival("stk", stk(PUSH, RECEIPT, **more))


def failed(code: Any = 1032, **more: Any) -> Arrival:
    return arrival("stk", stk(PUSH, code=code), **more)


def confirmed(receipt: str = RECEIPT, **more: Any) -> Arrival:
    return arrival("c2b-confirmation", c2b(receipt, **more))


def pending() -> Arrival:
    return failed(4999)


SEQUENCES: dict[str, tuple[Iterable[Any], list[Disposition], list[str]]] = {
    "one": ([paid], [A], ["payment.succeeded"]),
    "one that failed": ([failed], [A], ["payment.failed"]),
    "the same again": ([paid, paid, paid], [A, D, D], ["payment.succeeded"]),
    "a failure again": ([failed, failed], [A, D], ["payment.failed"]),
    "another amount": ([confirmed, lambda: confirmed(amount="10.00")], [A, C], ["payment.succeeded"]),
    "another amount, twice": (
        [confirmed, lambda: confirmed(amount="10.00"), lambda: confirmed(amount="10.00")],
        [A, C, D],
        ["payment.succeeded"],
    ),
    "another amount, then the first again": (
        [confirmed, lambda: confirmed(amount="10.00"), confirmed],
        [A, C, D],
        ["payment.succeeded"],
    ),
    "another reference": ([confirmed, lambda: confirmed(BillRefNumber="X")], [A, C], ["payment.succeeded"]),
    "another time": ([confirmed, lambda: confirmed(TransTime="20261124101531")], [A, C], ["payment.succeeded"]),
    "another balance": ([confirmed, lambda: confirmed(OrgAccountBalance="1.00")], [A, D], ["payment.succeeded"]),
    "another name": ([confirmed, lambda: confirmed(FirstName="JANE")], [A, D], ["payment.succeeded"]),
    "failed, then paid": ([failed, paid], [A, A], ["payment.failed", "payment.succeeded"]),
    "failed, then paid, then failed": (
        [failed, paid, failed],
        [A, A, D],
        ["payment.failed", "payment.succeeded"],
    ),
    "paid, then failed": ([paid, failed], [A, C], ["payment.succeeded"]),
    "paid, then failed twice": ([paid, failed, failed], [A, C, D], ["payment.succeeded"]),
    "pending, then paid": ([pending, paid], [A, A], ["payment.unknown", "payment.succeeded"]),
    "pending, then failed": ([pending, failed], [A, A], ["payment.unknown", "payment.failed"]),
    "pending, failed, paid": (
        [pending, failed, paid],
        [A, A, A],
        ["payment.unknown", "payment.failed", "payment.succeeded"],
    ),
    "paid, then pending": ([paid, pending], [A, T], ["payment.succeeded"]),
    "failed, then pending": ([failed, pending], [A, T], ["payment.failed"]),
    "paid, pending, paid": ([paid, pending, paid], [A, T, D], ["payment.succeeded"]),
    "another failure": ([failed, lambda: failed(1, context={"ref": "X"})], [A, C], ["payment.failed"]),
    "twins": ([paid, confirmed], [A, A], ["payment.succeeded"]),
    "twins the other way round": ([confirmed, paid], [A, A], ["payment.succeeded"]),
    "twins, each twice": ([paid, confirmed, paid, confirmed], [A, A, D, D], ["payment.succeeded"]),
    "twins of two amounts": ([paid, lambda: confirmed(amount="10.00")], [A, C], ["payment.succeeded"]),
    "twins, then the push fails": ([confirmed, paid, failed], [A, A, C], ["payment.succeeded"]),
    "a confirmation, then failed, then paid": (
        [confirmed, failed, paid],
        [A, A, A],
        ["payment.succeeded", "payment.failed"],
    ),
    "not a customer's, then a customer's": (
        [lambda: confirmed(TransactionType="Settlement"), confirmed],
        [A, A],
        ["payment.unknown", "payment.succeeded"],
    ),
    "two receipts": ([confirmed, lambda: confirmed("UKO7R8T1YC")], [A, A], ["payment.succeeded"] * 2),
}


@pytest.mark.parametrize("run", [told, in_one_batch])
@pytest.mark.parametrize(("makers", "dispositions", "types"), SEQUENCES.values(), ids=SEQUENCES.keys())
def test_sequences(run: Any, makers: Iterable[Any], dispositions: list[Disposition], types: list[str]) -> None:
    settled = run(*(make() for make in makers))
    assert [one.disposition for one in settled] == dispositions
    # Updates depend on when a twin comes; test_twins.py has them.
    made = [one.issue.event for one in settled if one.issue is not None and not one.issue.replaces]
    assert [event.type for event in made if event.type != "payment.updated"] == types
    assert len({event.id for event in made}) == len(made)


def test_a_resolution_belongs_to_its_payment_and_supersedes_what_stood_for_it() -> None:
    first, second, third = told(pending(), failed(), paid())
    events: list[Event] = [one.issue.event for one in (first, second, third) if one.issue]
    assert [event.supersedes for event in events] == [None, events[0].id, events[1].id]
    assert len({event.payment_id for event in events}) == 1
    assert [one.new_payment for one in (first, second, third)] == [True, False, False]
    assert third.payment is not None
    assert (third.payment.outcome, third.payment.amount) == (Outcome.SUCCEEDED, "1500.00")


def test_money_that_came_after_all_is_worth_a_word() -> None:
    notes = [one.note for one in told(failed(), paid())]
    assert notes == [None, "a payment that had failed has now succeeded"]


def test_a_conflict_says_what_it_contradicts() -> None:
    assert told(paid(), failed())[1].note == "says failed of a payment that has succeeded"
    assert told(paid(), confirmed(amount="10.00"))[1].note == "says 10.00 of a payment of 1500.00"
    assert (
        told(confirmed(), confirmed(amount="10.00"))[1].note == "tells other facts than the first callback of its kind"
    )


def test_other_bytes_of_the_same_facts_are_told_apart() -> None:
    settled = told(confirmed(), confirmed(), confirmed(FirstName="JANE"))
    assert [one.other_bytes for one in settled] == [False, False, True]
    assert {one.repeats for one in settled[1:]} == {settled[0].arrival.callback.id}


def test_the_same_receipt_of_another_tenant_is_another_payment() -> None:
    mine = confirmed()
    theirs = arrival("c2b-confirmation", c2b(RECEIPT), tenant="mama")
    settled = told(mine, theirs)
    assert [one.disposition for one in settled] == [A, A]
    ids = [(one.issue.event.id, one.issue.event.payment_id) for one in settled if one.issue]
    assert len(ids) == len(set(ids)) == 2


def test_an_event_without_a_route_is_made_all_the_same() -> None:
    settled = told(failed())[0]
    assert settled.issue is not None
    assert settled.issue.destinations == ("erp",)


def test_settling_is_the_same_in_one_batch_and_in_many() -> None:
    # Twins are the exception: in one batch they complete each other, later they may be too late.
    arrivals = [failed(), paid(), paid(amount=7), confirmed("UKO7R8T1YC"), paid(), failed()]
    one, many = in_one_batch(*arrivals), told(*arrivals)
    assert one == many


def test_a_result_resolves_the_queue_time_out_of_its_request() -> None:
    """Time-outs taken for failures lead to paying twice."""
    ids = {"ConversationID": "AG_1", "OriginatorConversationID": "10571-1"}
    paid = [
        {"Key": "TransactionAmount", "Value": 10},
        {"Key": "TransactionReceipt", "Value": "NLJ41HAY6Q"},
        {"Key": "ReceiverPartyPublicName", "Value": "254708374149 - John Doe"},
        {"Key": "TransactionCompletedDateTime", "Value": "24.11.2026 10:15:30"},
    ]
    said = {"ResultType": 0, "ResultCode": 0, "ResultDesc": "done", "TransactionID": "NLJ41HAY6Q"}
    done = {"Result": {**said, **ids, "ResultParameters": {"ResultParameter": paid}}}
    late = arrival("timeout", ids, context={"for": "b2c-result"})
    settled = told(late, arrival("b2c-result", done), late)
    assert [one.disposition for one in settled] == [A, A, D]
    events = [one.issue.event for one in settled if one.issue]
    assert [event.type for event in events] == ["payout.unknown", "payout.succeeded"]
    assert events[1].supersedes == events[0].id
    # The other way round it is known already.
    settled = told(arrival("b2c-result", done), late)
    assert [one.disposition for one in settled] == [A, T]
