"""Results about another payment: what the answer to a status query, and a reversal, do to the payment they name."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from about import AMOUNTS, BACK, IDS, RECEIPT, answer, payout, reversal
from arrivals import AT, arrival, callback, hook
from providers_bodies import PAYOUT, TRANSFER, result
from simulated import c2b

from gateway.domain.outcome import Outcome
from gateway.domain.received import Arrival
from gateway.domain.settled import Disposition, Settled, Stored
from gateway.pipeline.receive import receive
from gateway.pipeline.settle import settle

A, D, C, T = Disposition.ACCEPTED, Disposition.DUPLICATE, Disposition.CONFLICT, Disposition.ATTACHED
SUBJECTS = ("unknown", "failed", "succeeded")
SAYS = ("succeeded", "failed", "unknown", "query failed")

# (what is known of the payment, what the answer says) -> what the answer is, and the event that comes of it.
STATUS_RULE: dict[tuple[str, str], tuple[Disposition, str | None]] = {
    ("unknown", "succeeded"): (A, "payout.succeeded"),
    ("unknown", "failed"): (A, "payout.failed"),
    ("unknown", "unknown"): (T, None),
    ("unknown", "query failed"): (T, None),
    ("failed", "succeeded"): (A, "payout.succeeded"),
    ("failed", "failed"): (T, None),
    ("failed", "unknown"): (T, None),
    ("failed", "query failed"): (T, None),
    ("succeeded", "succeeded"): (T, None),
    ("succeeded", "failed"): (C, None),
    ("succeeded", "unknown"): (T, None),
    ("succeeded", "query failed"): (T, None),
}


def told(*arrivals: Arrival) -> list[Settled]:
    """Settle arrivals in batches of their own."""
    stored = Stored(AT)
    return [settle(stored, [one])[0] for one in arrivals]


def in_one_batch(*arrivals: Arrival) -> list[Settled]:
    return settle(Stored(AT), arrivals)


def paid_out(went: str, **more: Any) -> Arrival:
    return arrival("b2c-result", payout(went, **more))


def answered(says: str, amount: str | None = "300", **more: Any) -> Arrival:
    return arrival("status-result", answer(says, amount, **more))


def reversed_(went: str, amount: str | None = "300", **more: Any) -> Arrival:
    return arrival("reversal-result", reversal(went, amount, **more))


def types(*settled: Settled) -> list[str]:
    return [issue.event.type for one in settled for issue in (one.issue, one.further) if issue is not None]


def expected(known: str, says: str, amount: str) -> tuple[Disposition, str | None]:
    definite = says in ("succeeded", "failed")
    return (C, None) if definite and amount == "other" else STATUS_RULE[known, says]


@pytest.mark.parametrize("run", [told, in_one_batch])
@pytest.mark.parametrize(("known", "says", "amount"), list(product(SUBJECTS, SAYS, AMOUNTS)))
def test_an_answer_acts_on_its_payment_by_the_order_of_outcomes(run: Any, known: str, says: str, amount: str) -> None:
    first, second = run(paid_out(known), answered(says, AMOUNTS[amount]))
    disposition, event_type = expected(known, says, amount)
    assert (second.disposition, types(second)) == (disposition, [event_type] if event_type else [])
    assert first.payment is not None
    assert second.payment is not None
    assert second.payment.id == first.payment.id
    assert not second.new_payment
    outcome = event_type.partition(".")[2] if event_type else known
    assert second.payment.outcome.text == outcome
    assert second.payment.amount == "300.00"
    if second.issue is not None:
        assert second.issue.event.supersedes == first.payment.event.id
        assert second.issue.event.payment_id == first.payment.id


@pytest.mark.parametrize(("says", "amount"), list(product(SAYS, AMOUNTS)))
def test_an_answer_about_nothing_known_is_told_by_itself_and_makes_no_payment(says: str, amount: str) -> None:
    (only,) = told(answered(says, AMOUNTS[amount]))
    outcome = "unknown" if says == "query failed" else says
    assert (only.disposition, types(only)) == (A, [f"status.{outcome}"])
    assert (only.payment, only.new_payment, only.keys) == (None, False, ())
    assert only.issue is not None
    assert (only.issue.event.payment_id, only.issue.event.original_receipt) == (None, RECEIPT)
    assert only.issue.destinations == ("erp",)


@pytest.mark.parametrize("run", [told, in_one_batch])
@pytest.mark.parametrize(("known", "says", "amount"), list(product(SUBJECTS, SAYS, AMOUNTS)))
def test_an_answer_that_came_first_acts_when_its_payment_comes(run: Any, known: str, says: str, amount: str) -> None:
    first, second = run(answered(says, AMOUNTS[amount]), paid_out(known))
    disposition, event_type = expected(known, says, amount)
    # The other way round the payment's own event comes first.
    assert types(second) == [f"payout.{known}"] + ([event_type] if event_type else [])
    assert [one.callback_id for one in second.adopted] == [first.arrival.callback.id]
    assert second.disposition is A
    assert second.payment is not None
    assert second.payment.outcome.text == (event_type.partition(".")[2] if event_type else known)
    if disposition is C:
        assert second.note is not None
        assert second.note.startswith("a status query says")
    if second.further is not None:
        assert second.issue is not None
        assert second.further.event.supersedes == second.issue.event.id
        assert second.further.callback_id == first.arrival.callback.id


def test_the_words_of_contradictions() -> None:
    assert told(paid_out("succeeded"), answered("failed"))[1].note == (
        "a status query says failed of a payment that has succeeded"
    )
    assert told(paid_out("succeeded"), answered("succeeded", "10"))[1].note == (
        "a status query says 10.00 of a payment of 300.00"
    )
    assert told(paid_out("failed"), answered("succeeded"))[1].note == "a payment that had failed has now succeeded"
    assert told(paid_out("failed"), answered("failed"))[1].note == "a status query says failed too"


def test_what_an_answer_resolves_is_whole_and_has_the_id_that_the_result_itself_would_give() -> None:
    late = arrival("timeout", IDS, context={"for": "b2c-result", "ref": "PAY-7"})
    _, resolved = told(late, answered("succeeded"))
    assert resolved.issue is not None
    event = resolved.issue.event
    assert (event.type, event.kind, event.origin) == ("payout.succeeded", "status-result", "callback")
    assert (event.receipt, event.original_receipt, str(event.amount)) == (RECEIPT, None, "300")
    assert (event.account_reference, event.ids.originator_conversation_id) == ("PAY-7", "subject")
    assert event.currency == "KES"
    assert event.sources == (str(late.callback.id), str(resolved.arrival.callback.id))
    assert event.id == paid_out("succeeded").event.id


def test_an_answer_finds_its_payment_by_receipt_or_by_the_ids_of_its_conversation() -> None:
    known = paid_out("failed")
    for by in ({"ReceiptNo": None}, {"ReceiptNo": None, "ConversationID": None}):
        _, second = told(known, answered("succeeded", **by))
        assert types(second) == ["payout.succeeded"], by
    nameless = {"ReceiptNo": None, "ConversationID": None, "OriginatorConversationID": None}
    assert types(told(known, answered("succeeded", **nameless))[1]) == ["status.succeeded"]
    _, second = told(paid_out("succeeded"), answered("succeeded", ConversationID=None, OriginatorConversationID=None))
    assert second.disposition is T


def test_the_result_itself_says_the_same_after_an_answer_has_resolved_it() -> None:
    """One payout, one success, also where the first word was that further messages follow."""
    settled = told(paid_out("unknown"), answered("succeeded"), paid_out("succeeded"), answered("succeeded"))
    assert types(*settled) == ["payout.unknown", "payout.succeeded"]
    assert [one.disposition for one in settled] == [A, A, A, D]
    settled = told(paid_out("unknown"), answered("succeeded"), paid_out("failed"))
    assert [one.disposition for one in settled] == [A, A, C]


def test_two_answers_to_two_queries_are_no_conflict() -> None:
    settled = told(paid_out("unknown"), answered("succeeded"), answered("succeeded", query="q-2", FinalisedTime=None))
    assert [one.disposition for one in settled] == [A, A, T]
    settled = told(paid_out("unknown"), answered("failed"), answered("succeeded", query="q-2"))
    assert types(*settled) == ["payout.unknown", "payout.failed", "payout.succeeded"]


def test_of_several_answers_that_came_first_the_highest_counts() -> None:
    settled = told(answered("succeeded"), answered("failed", query="q-2"), paid_out("unknown"))
    assert types(settled[2]) == ["payout.unknown", "payout.succeeded"]
    assert len(settled[2].adopted) == 2


def test_an_answer_resolves_a_payment_that_came_in_and_its_twin_completes_it() -> None:
    pending = {"resultCode": "9", "resultDesc": "?", "requestId": "subject", "amount": "300"}
    first, second = told(arrival("b2b-express", pending), answered("succeeded"))
    assert types(first, second) == ["payment.unknown", "payment.succeeded"]
    settled = told(
        arrival("b2b-express", pending), answered("succeeded"), arrival("c2b-confirmation", c2b(RECEIPT, amount="300"))
    )
    assert types(*settled) == ["payment.unknown", "payment.succeeded", "payment.updated"]
    assert len({one.payment.id for one in settled if one.payment}) == 1


def test_money_of_which_nobody_knows_what_it_is_is_not_booked_because_a_query_says_completed() -> None:
    settlement = arrival("c2b-confirmation", c2b(RECEIPT, amount="300", TransactionType="Settlement"))
    for order in ([settlement, answered("succeeded")], [answered("succeeded"), settlement]):
        settled = told(*order)
        assert "payment.succeeded" not in types(*settled)
        assert settled[-1].payment is not None
        assert settled[-1].payment.outcome is Outcome.UNKNOWN


def test_an_answer_of_another_tenant_is_about_nothing_known() -> None:
    _, second = told(paid_out("failed"), arrival("status-result", answer("succeeded"), tenant="mama"))
    assert (types(second), second.payment) == (["status.succeeded"], None)


def test_an_answer_about_a_balance_is_no_answer_about_a_payment() -> None:
    balance = arrival("balance-result", result({"BOCompletedTime": 20261124100918}, **IDS))
    assert types(told(balance, answered("succeeded", ReceiptNo=None))[1]) == ["status.succeeded"]


def moved(shortcode: str) -> list[Arrival]:
    """Money that went from 600638 to 600700, two shortcodes of one tenant: a transfer and a payment of one receipt."""
    out = arrival("b2b-result", result(TRANSFER | {"Amount": "300"}, TransactionID=RECEIPT, **IDS))
    body = c2b(RECEIPT, "600700", "300")
    come = receive(hook("c2b-confirmation", number="600700"), callback("c2b-confirmation", body, shortcode="600700"))
    back = reversal("succeeded")
    asked = receive(hook("reversal-result", number=shortcode), callback("reversal-result", back, shortcode=shortcode))
    assert isinstance(come, Arrival)
    assert isinstance(asked, Arrival)
    return [out, come, asked]


@pytest.mark.parametrize(("shortcode", "meant"), [("600638", 0), ("600700", 1), ("600999", 1)])
def test_of_two_payments_of_one_receipt_the_one_of_the_own_shortcode_is_meant(shortcode: str, meant: int) -> None:
    settled = told(*moved(shortcode))
    assert settled[0].payment is not None
    assert settled[1].payment is not None
    assert settled[2].payment is not None
    assert settled[2].payment.id == (settled[meant].payment or settled[2].payment).id
    assert settled[0].payment.id != settled[1].payment.id


REVERSAL_NOTES = {
    ("unknown", "same"): "a payment was reversed whose outcome was unknown",
    ("unknown", "other"): "a payment was reversed whose outcome was unknown",
    ("failed", "same"): "a payment was reversed whose outcome was failed",
    ("failed", "other"): "a payment was reversed whose outcome was failed",
    ("succeeded", "same"): None,
    ("succeeded", "other"): "10.00 was reversed of a payment of 300.00",
}


def test_a_reversal_of_no_amount_that_succeeded_is_no_result() -> None:
    """Nobody can book money of which nobody says how much."""
    assert not isinstance(receive(hook("reversal-result"), callback("x", reversal("succeeded", None))), Arrival)


@pytest.mark.parametrize("run", [told, in_one_batch])
@pytest.mark.parametrize("payment_first", [True, False])
@pytest.mark.parametrize(("known", "went", "amount"), list(product(SUBJECTS, SUBJECTS, ("same", "other"))))
def test_a_reversal_stands_with_its_payment_and_changes_nothing_of_it(
    run: Any, payment_first: bool, known: str, went: str, amount: str
) -> None:
    subject = with_receipt(known)
    back = reversed_(went, AMOUNTS[amount])
    settled = run(subject, back) if payment_first else run(back, subject)
    of_payment, of_reversal = settled if payment_first else reversed(settled)
    assert types(of_reversal) == [f"reversal.{went}"]
    assert types(of_payment) == [f"payout.{known}"]
    assert of_reversal.disposition is A
    assert not of_reversal.new_payment
    assert of_reversal.issue is not None
    assert of_reversal.issue.event.original_receipt == RECEIPT
    last = settled[-1].payment
    assert last is not None
    assert (last.outcome.text, last.event.type) == (known, f"payout.{known}")
    if payment_first:
        assert of_reversal.issue.event.payment_id == last.id
        note = REVERSAL_NOTES[known, amount] if went == "succeeded" else None
        assert of_reversal.note == note
    else:
        assert of_reversal.issue.event.payment_id is None
        assert [one.callback_id for one in of_payment.adopted] == [of_reversal.arrival.callback.id]
        assert ("before it came" in (of_payment.note or "")) == (went == "succeeded")


def with_receipt(known: str) -> Arrival:
    """Return a payout that has a receipt whatever became of it; M-Pesa gives one only to what has succeeded."""
    made = paid_out(known)
    rest = [key for key in made.facts.keys if key[0] != "receipt"]
    return replace(made, facts=replace(made.facts, keys=(("receipt", RECEIPT), *rest)))


@pytest.mark.parametrize("went", SUBJECTS)
def test_a_reversal_of_nothing_known_is_told_by_itself_and_makes_no_payment(went: str) -> None:
    (only,) = told(reversed_(went))
    assert (only.disposition, types(only), only.payment) == (A, [f"reversal.{went}"], None)


def test_a_reversal_has_outcomes_of_its_own() -> None:
    notice = {"OriginatorConversationID": "r-1", "ConversationID": "AG_r-1"}
    late = arrival("timeout", notice, context={"for": "reversal-result"})
    sequences = {
        ("unknown", "succeeded"): ([A, A], ["reversal.unknown", "reversal.succeeded"]),
        ("failed", "succeeded"): ([A, A], ["reversal.failed", "reversal.succeeded"]),
        ("succeeded", "failed"): ([A, C], ["reversal.succeeded"]),
        ("succeeded", "unknown"): ([A, T], ["reversal.succeeded"]),
        ("succeeded", "succeeded"): ([A, D], ["reversal.succeeded"]),
    }
    for outcomes, (dispositions, made) in sequences.items():
        settled = told(*map(reversed_, outcomes))
        assert [one.disposition for one in settled] == dispositions, outcomes
        assert types(*settled) == made, outcomes
    settled = told(late, reversed_("succeeded"), late)
    assert types(*settled) == ["reversal.unknown", "reversal.succeeded"]
    assert settled[1].issue is not None
    assert settled[0].issue is not None
    assert settled[1].issue.event.supersedes == settled[0].issue.event.id
    assert [one.disposition for one in told(reversed_("succeeded"), late)] == [A, T]
    settled = told(reversed_("succeeded"), reversed_("succeeded", "10"))
    assert [one.disposition for one in settled] == [A, C]
    assert settled[1].note == "tells other facts than the first callback of its kind"


def test_a_reversal_that_names_no_payment_belongs_where_its_earlier_word_does() -> None:
    settled = told(paid_out("succeeded"), reversed_("unknown"), reversed_("failed", original=None))
    assert len({one.payment.id for one in settled if one.payment}) == 1
    assert all(one.payment is not None for one in settled)


def test_a_reversal_is_no_twin_of_its_payment() -> None:
    """In one batch the payment's own event may still be completed; a reversal must not open a sent one."""
    settled = told(arrival("c2b-confirmation", c2b(RECEIPT, amount="300")))
    stored = Stored(AT)
    settle(stored, [settled[0].arrival])
    express = {"resultCode": "0", "resultDesc": "done", "amount": "300", "requestId": "x", "transactionId": RECEIPT}
    _, twin = settle(stored, [reversed_("succeeded"), arrival("b2b-express", express)])
    assert twin.issue is None
    assert BACK not in {key[0] for key in twin.keys}


def test_a_payout_and_its_answer_in_a_batch_of_the_answer_first() -> None:
    first, second, third = in_one_batch(answered("succeeded"), paid_out("unknown"), answered("succeeded", query="q-2"))
    assert types(first, second, third) == ["status.succeeded", "payout.unknown", "payout.succeeded"]
    assert third.disposition is T
    assert PAYOUT["TransactionReceipt"] != RECEIPT
