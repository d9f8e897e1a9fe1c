"""Several events in one POST, through `serve`: what waits goes together, a refused list is halved."""

import json

from gateway_process import Gateway
from simulated import c2b

from adapters.testing import Answer, Received, Receiver


def pay(pesagate: Gateway, receipt: str, account: str = "INV-1") -> None:
    assert pesagate.post("c2b-confirmation", c2b(receipt) | {"BillRefNumber": account}).status_code == 200


def lists(erp: Receiver) -> list[list[str]]:
    return [[event["receipt"] for event in json.loads(request.body)] for request in erp.requests]


def refusing_the_bad(received: Received) -> Answer:
    return Answer(422, b"no such customer") if b"UBAD" in received.body else Answer()


def test_what_waits_goes_together_and_the_bad_one_stands_alone(pesagate: Gateway, erp: Receiver) -> None:
    destination = pesagate.config["tenants"]["duka"]["destinations"]["erp"]
    destination |= {"batch": 5, "order": "account", "sign": "whsec_" + "bmV3" * 8}
    # While the first is under way, the others gather.
    erp.script(Answer(503, delay=2))
    erp.decide = refusing_the_bad
    pesagate.start()
    for number in range(11):
        pay(pesagate, f"UC{number:02}" if number != 6 else "UBAD", f"ACC-{number}")
    pesagate.wait_for_state("delivered", 10, seconds=60)
    (dead,) = pesagate.rows("deliveries", "--state", "dead")
    sent = lists(erp)
    # Those of the first list, mostly one, had two attempts: each event's are counted for itself.
    first = sent[0]
    assert (dead["attempts"], dead["reason"]) == (2 if "UBAD" in first else 1, "http_422")
    twice = len(set(first) - {"UBAD"})
    attempts = sorted(row["attempts"] for row in pesagate.rows("deliveries", "--state", "delivered"))
    assert attempts == [1] * (10 - twice) + [2] * twice
    assert max(map(len, sent)) > 1
    assert max(map(len, sent)) <= 5
    # Each was taken once: the bad one's neighbours went with it only as long as it was refused.
    taken = [receipt for receipts in sent[1:] if "UBAD" not in receipts for receipt in receipts]
    assert sorted(taken) == sorted({f"UC{number:02}" for number in range(11)} - {"UC06"})
    story = pesagate.run("explain", "UBAD").stdout
    assert "no such customer" in story
    assert all("webhook-signature" in request.headers for request in erp.requests)


def test_those_of_an_account_never_go_in_one_list(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.config["tenants"]["duka"]["destinations"]["erp"] |= {"batch": 5, "order": "account"}
    erp.script(Answer(delay=1))
    pesagate.start()
    for number in range(8):
        pay(pesagate, f"U{'AB'[number % 2]}{number}", "AB"[number % 2])
    pesagate.wait_for_state("delivered", 8, seconds=60)
    sent = lists(erp)
    assert all(len({receipt[1] for receipt in receipts}) == len(receipts) for receipts in sent)
    for account in "AB":
        mine = [receipt for receipts in sent for receipt in receipts if receipt[1] == account]
        assert mine == sorted(mine)


def test_a_list_that_was_refused_goes_again_by_replay(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.config["tenants"]["duka"]["destinations"]["erp"]["batch"] = 5
    erp.default = Answer(401)
    pesagate.start()
    for number in range(3):
        pay(pesagate, f"UR{number}")
    pesagate.wait_for_state("dead", 3, seconds=60)
    erp.default = Answer()
    assert pesagate.run("replay", "--destination", "erp", "--yes").returncode == 0
    assert {row["attempts"] for row in pesagate.wait_for_state("delivered", 3, seconds=60)} == {2}
