"""Which of two callbacks of one payment knows what better: by the row of its kind, whichever came first."""

from dataclasses import replace
from typing import Any

import pytest
from arrivals import arrival
from simulated import c2b, stk

from gateway.domain.event import Event, Party
from gateway.pipeline.merge import PUSHES, merge
from gateway.providers import KINDS

EVENT = arrival("c2b-confirmation", c2b("UKO7R8T1YB")).event
PUSH_SAYS = {"account_reference": "PUSHED", "payer": Party(msisdn="254700000001", name="PUSH")}
PAID_SAYS = {"account_reference": "PAID", "payer": Party(msisdn_masked="2547 ***** 126", name="JOHN")}
MERGED = ("PAID", Party(msisdn="254700000001", name="JOHN"))


def told(kind: str, says: dict[str, Any]) -> Event:
    return replace(EVENT, kind=kind, **says)


def known(event: Event) -> tuple[str | None, Party]:
    return event.account_reference, event.payer


def test_the_kinds_that_tell_of_a_prompt() -> None:
    assert {name for name, kind in KINDS.items() if kind.push} == PUSHES == {"stk", "b2b-express"}


@pytest.mark.parametrize("push", sorted(PUSHES))
@pytest.mark.parametrize("paid", ["c2b-confirmation", "b2b-result", "pull", "a-declared-kind"])
def test_a_push_knows_the_phone_and_its_twin_the_reference_whichever_came_first(push: str, paid: str) -> None:
    pushed, confirmed = told(push, PUSH_SAYS), told(paid, PAID_SAYS)
    assert known(merge(pushed, confirmed)) == MERGED
    assert known(merge(confirmed, pushed)) == MERGED


@pytest.mark.parametrize(
    ("first", "second"), [("stk", "b2b-express"), ("b2b-express", "stk"), ("c2b-confirmation", "bill-manager")]
)
def test_of_two_alike_the_first_stands_but_for_the_phone(first: str, second: str) -> None:
    merged = merge(told(first, PAID_SAYS), told(second, PUSH_SAYS))
    assert merged.account_reference == "PAID"
    assert merged.payer.name == "JOHN"


@pytest.mark.parametrize("push", sorted(PUSHES))
def test_what_only_one_of_them_has_is_taken_from_there(push: str) -> None:
    nothing = {"account_reference": None, "payer": Party()}
    for one, other in ((PUSH_SAYS, nothing), (nothing, PAID_SAYS)):
        merged = merge(told(push, one), told("c2b-confirmation", other))
        assert known(merged) == ((one if other is nothing else other)["account_reference"], merged.payer)
        assert merged.payer == (one if other is nothing else other)["payer"]


def express(**fields: Any) -> dict[str, Any]:
    return {
        "resultCode": "0", "resultDesc": "done", "amount": "1500.0", "requestId": "req-1", "resultType": "0",
        "conversationID": "AG_1", "transactionId": "UKO7R8T1YB", "status": "SUCCESS", **fields,
    }  # fmt: skip


def test_a_business_that_was_prompted_has_the_reference_of_its_confirmation() -> None:
    pushed = arrival("b2b-express", express(paymentReference="OURS")).event
    confirmed = arrival("c2b-confirmation", c2b("UKO7R8T1YB")).event
    for merged in (merge(pushed, confirmed), merge(confirmed, pushed)):
        assert merged.account_reference == "INV-1042"
        assert merged.ids.originator_conversation_id == "req-1"
        assert merged.payer.name == "JOHN"


def test_a_push_of_no_reference_keeps_what_its_twin_knew_first() -> None:
    pushed = arrival("stk", stk("ws_CO_1")).event
    confirmed = arrival("c2b-confirmation", c2b("UKO7R8T1YB")).event
    assert merge(confirmed, pushed).account_reference == "INV-1042"
