"""One destination over time: how much at once, how fast, in which order, out of order, at rest, parked."""

import json
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from gateway_process import KEY, Gateway, free_port
from simulated import c2b, stk

from adapters.testing import Answer, Receiver


def destination(pesagate: Gateway, name: str = "erp") -> Any:
    return pesagate.config["tenants"]["duka"]["destinations"][name]


def pay(pesagate: Gateway, receipt: str, account: str = "INV-1") -> None:
    assert pesagate.post("c2b-confirmation", c2b(receipt) | {"BillRefNumber": account}).status_code == 200


def receipts(erp: Receiver) -> list[str]:
    return [json.loads(request.body)["receipt"] for request in erp.requests]


def standing(pesagate: Gateway, name: str = "erp") -> dict[str, Any]:
    (found,) = (row for row in pesagate.rows("destinations") if row["destination"] == name)
    return found


def wait_until(said: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def errors(pesagate: Gateway) -> list[dict[str, Any]]:
    return [line for line in pesagate.log_lines() if line["level"] == "error"]


def test_so_many_at_once_and_no_more(pesagate: Gateway, erp: Receiver) -> None:
    destination(pesagate)["concurrency"] = 2
    erp.default = Answer(delay=0.2)
    pesagate.start()
    for number in range(8):
        pay(pesagate, f"UC{number}")
    pesagate.wait_for_state("delivered", 8)
    began = sorted(request.at for request in erp.requests)
    # Of any three in a row the third came when the first was answered.
    assert all(third - first >= 0.2 for first, third in zip(began, began[2:], strict=False))


def test_a_rate_is_never_exceeded_and_work_goes_on_at_it(pesagate: Gateway, erp: Receiver) -> None:
    destination(pesagate)["rate"] = "5/s"
    pesagate.start()
    for number in range(10):
        pay(pesagate, f"UR{number}")
    pesagate.wait_for_state("delivered", 10)
    began = sorted(request.at for request in erp.requests)
    # A thread may begin late, and then the next one is nearer: what counts is the stretch as a whole.
    assert began[-1] - began[0] >= 9 * 0.2 - 0.2


def test_those_of_an_account_arrive_in_their_order(pesagate: Gateway, erp: Receiver) -> None:
    destination(pesagate)["order"] = "account"
    pesagate.start()
    for number in range(12):
        pay(pesagate, f"U{'AB'[number % 2]}{number:02}", "AB"[number % 2])
    pesagate.wait_for_state("delivered", 12)
    for account in "AB":
        mine = [receipt for receipt in receipts(erp) if receipt[1] == account]
        assert mine == sorted(mine)


def test_the_next_of_an_account_waits_for_the_one_before_it(pesagate: Gateway, erp: Receiver) -> None:
    destination(pesagate)["order"] = "account"
    destination(pesagate)["retry"] = {"schedule": ["1h"], "jitter": "0%"}
    erp.script(Answer(500))
    pesagate.start()
    for receipt in ("UA1", "UA2", "UA3"):
        pay(pesagate, receipt, "A")
    erp.wait_for(1)
    pay(pesagate, "UB1", "B")
    rows = pesagate.wait_for_state("delivered")
    assert receipts(erp) == ["UA1", "UB1"]
    assert [row["attempts"] for row in rows] == [1, 0, 0, 1]


def test_a_dead_one_makes_way_for_the_next(pesagate: Gateway, erp: Receiver) -> None:
    destination(pesagate)["order"] = "payer"
    erp.script(Answer(400))
    pesagate.start()
    for receipt in ("UA1", "UA2"):
        pay(pesagate, receipt)
    pesagate.wait_for_state("delivered")
    assert receipts(erp) == ["UA1", "UA2"]


def test_without_an_order_nobody_waits(pesagate: Gateway, erp: Receiver) -> None:
    destination(pesagate)["retry"] = {"schedule": ["1h"], "jitter": "0%"}
    erp.script(Answer(500))
    pesagate.start()
    pay(pesagate, "UA1", "A")
    erp.wait_for(1)
    pay(pesagate, "UA2", "A")
    pesagate.wait_for_state("delivered")
    assert receipts(erp) == ["UA1", "UA2"]


def test_two_events_of_one_payment_are_never_on_their_way_at_once(pesagate: Gateway, erp: Receiver) -> None:
    destination(pesagate)["timeout"] = "30s"
    erp.script(Answer(delay=1))
    pesagate.start()
    assert pesagate.post("stk", stk("ws_1", code=1032)).status_code == 200
    erp.wait_for(1)
    # It failed, and then it succeeded after all: a second event of the same payment.
    assert pesagate.post("stk", stk("ws_1", "UKO7R8T1YB")).status_code == 200
    pesagate.wait_for_state("delivered", 2)
    first, second = erp.requests
    assert second.at - first.at >= 1


def break_down(pesagate: Gateway, erp: Receiver, **breaker: Any) -> None:
    destination(pesagate)["breaker"] = {"failures": 3, "pause": "1s", **breaker}
    destination(pesagate)["retry"] = {"schedule": ["1s"] * 3, "jitter": "0%"}
    erp.default = Answer(503)
    pesagate.start()
    for number in range(3):
        pay(pesagate, f"UD{number}")
    erp.wait_for(3)
    wait_until(lambda: standing(pesagate)["breaker"] == "open", "the breaker opens")


def test_out_of_order_what_waits_costs_no_attempts_and_all_arrives_in_the_end(pesagate: Gateway, erp: Receiver) -> None:
    break_down(pesagate, erp)
    for number in range(20):
        pay(pesagate, f"UW{number}")
    # So many probes that, were they anybody's last attempt, somebody would be dead.
    erp.wait_for(12, timeout=90)
    rows = pesagate.rows("deliveries")
    assert {row["state"] for row in rows} == {"pending"}
    assert sum(row["attempts"] == 0 for row in rows) > 5
    erp.default = Answer()
    pesagate.run("destinations", "resume", "erp")
    pesagate.wait_for_state("delivered", 23, seconds=60)
    assert standing(pesagate)["breaker"] == "closed"
    assert set(receipts(erp)) == {f"UD{number}" for number in range(3)} | {f"UW{number}" for number in range(20)}
    said = [line["event"] for line in pesagate.log_lines() if line["event"].startswith("a destination is")]
    # A probe may be under way while somebody resumes it: its failure is told once more.
    assert said[0] == "a destination is out of order; its deliveries wait"
    assert said[1:] in (["a destination is in order again"], [said[0], "a destination is in order again"])


def test_a_refusal_opens_nothing(pesagate: Gateway, erp: Receiver) -> None:
    destination(pesagate)["breaker"] = {"failures": 2}
    erp.default = Answer(400)
    pesagate.start()
    for number in range(5):
        pay(pesagate, f"UX{number}")
    pesagate.wait_for_state("dead", 5)
    assert standing(pesagate)["breaker"] == "closed"


def test_out_of_order_for_too_long_it_is_parked_once_and_everything_goes_on_after(
    pesagate: Gateway, erp: Receiver
) -> None:
    destination(pesagate)["park_after"] = "1s"
    break_down(pesagate, erp)
    wait_until(lambda: standing(pesagate)["parked"] == "breaker", "it parks itself")
    pay(pesagate, "UP9")
    sent = len(erp.requests)
    erp.default = Answer()
    # Not even a restart tries it, and the alert is given once.
    pesagate.stop()
    pesagate.start()
    time.sleep(2.5)
    assert len(erp.requests) == sent
    assert {(row["state"], row["waiting_for"]) for row in pesagate.rows("deliveries")} == {("pending", "parked")}
    (alert,) = errors(pesagate)
    assert (alert["event"], alert["destination"]) == ("a destination is parked", "erp")
    assert alert["remedy"] == "pesagate destinations resume erp --tenant duka"
    assert pesagate.run("destinations", "resume", "erp").stdout == "erp goes on: 4 pending\n"
    pesagate.wait_for_state("delivered", 4)


def test_parked_by_hand_beside_a_running_gateway(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.start()
    assert pesagate.run("destinations", "park", "erp").stdout == "erp is parked: 0 pending\n"
    wait_until(lambda: any(line["event"] == "a destination is parked" for line in errors(pesagate)), "it is seen")
    pay(pesagate, "UP1")
    time.sleep(1.5)
    assert erp.requests == []
    assert (standing(pesagate)["parked"], standing(pesagate)["waiting"]) == ("hand", 1)
    assert pesagate.run("destinations", "park", "erp").stdout == "erp was parked already: 1 pending\n"
    pesagate.run("destinations", "resume", "erp")
    pesagate.wait_for_state("delivered")
    assert pesagate.run("destinations", "resume", "erp").stdout == "erp was not held: 0 pending\n"
    assert len(errors(pesagate)) == 1


def test_who_asks_for_rest_gets_it_for_all_deliveries_and_over_a_restart(pesagate: Gateway, erp: Receiver) -> None:
    erp.script(Answer(429, headers={"Retry-After": "3600"}))
    pesagate.start()
    pay(pesagate, "UH1")
    erp.wait_for(1)
    wait_until(lambda: standing(pesagate)["held_until"] is not None, "it rests")
    pesagate.stop()
    pesagate.start()
    pay(pesagate, "UH2")
    time.sleep(1.5)
    assert len(erp.requests) == 1
    pesagate.run("destinations", "resume", "erp")
    pesagate.wait_for_state("delivered")
    assert receipts(erp) == ["UH1", "UH2"]


def test_the_list_tells_how_each_stands(pesagate: Gateway, erp: Receiver) -> None:
    tenant = pesagate.config["tenants"]["duka"]
    tenant["destinations"]["down"] = {**destination(pesagate), "url": f"http://127.0.0.1:{free_port()}/"}
    tenant["destinations"]["down"]["retry"] = {"schedule": ["1h"], "jitter": "0%"}
    tenant["routes"] = [{"to": ["down", "erp"]}]
    erp.default = Answer(400)
    pesagate.start()
    pay(pesagate, "UL1")
    pesagate.wait_for_state("dead")
    wait_until(lambda: standing(pesagate, "down")["last_answer"] is not None, "it was tried")
    down, up = pesagate.rows("destinations")
    assert (down["destination"], down["pending"], down["waiting"], down["dead"]) == ("down", 1, 1, 0)
    assert (down["breaker"], down["parked"], down["last_answer"]) == ("closed", None, "no_connection")
    assert down["oldest_pending"] is not None
    assert (up["pending"], up["dead"], up["last_answer"], up["oldest_pending"]) == (0, 1, "http_400", None)
    assert up["last_at"] >= down["oldest_pending"]
    assert pesagate.rows("destinations", "--tenant", "nobody") == []
    lines = pesagate.run("destinations").stdout.splitlines()
    assert [line.split("  ")[:6] for line in lines] == [
        ["duka", "down", "in order", "1", "1", "0"],
        ["duka", "erp", "in order", "0", "0", "1"],
    ]
    # Removed, it is still told of, and its delivery waits.
    pesagate.stop()
    tenant["routes"] = [{"to": ["erp"]}]
    del tenant["destinations"]["down"]
    pesagate.write()
    assert (standing(pesagate, "down")["parked"], standing(pesagate, "down")["waiting"]) == ("removed", 1)


@pytest.mark.parametrize("command", ["park", "resume"])
def test_a_name_that_is_not_there_or_not_clear(pesagate: Gateway, command: str) -> None:
    pesagate.start()
    pesagate.stop()
    wrong = pesagate.run("destinations", command, "erb")
    assert (wrong.returncode, wrong.stderr) == (1, "pesagate: No destination is called erb; there are: erp.\n")
    mama = {**pesagate.config["tenants"]["duka"], "shortcodes": {"600999": {"type": "paybill", "key": f"{KEY}-mama"}}}
    pesagate.config["tenants"]["mama"] = mama
    pesagate.write()
    unclear = pesagate.run("destinations", command, "erp")
    assert unclear.returncode == 1
    assert "name one with --tenant (duka, mama)" in unclear.stderr
    (row,) = pesagate.rows("destinations", command, "erp", "--tenant", "mama")
    assert (row["tenant"], row["parked"]) == ("mama", "hand" if command == "park" else None)


def test_one_that_hangs_and_one_that_fails_hold_up_nobody(pesagate: Gateway, erp: Receiver) -> None:
    number = 40
    with Receiver() as hanging, Receiver() as failing:
        hanging.default, failing.default = Answer(delay=300), Answer(500)
        tenant = pesagate.config["tenants"]["duka"]
        for name, receiver in (("hangs", hanging), ("fails", failing)):
            tenant["destinations"][name] = {**destination(pesagate), "url": receiver.url, "timeout": "5m"}
        tenant["routes"] = [{"to": ["hangs", "fails", "erp"]}]
        pesagate.start()
        for index in range(number):
            pay(pesagate, f"UN{index}", f"INV-{index}")
        rows = pesagate.wait_for_state("delivered", number, seconds=100)
        # All of its own, while the first requests to the other one still hang.
        assert {row["destination"] for row in rows if row["state"] == "delivered"} == {"erp"}
        assert {row["attempts"] for row in rows if row["destination"] == "hangs"} == {0}
        assert 1 <= len(hanging.requests) <= 8
        assert sorted(receipts(erp)) == sorted(f"UN{index}" for index in range(number))


def test_times_between_requests_of_a_slow_rate(pesagate: Gateway, erp: Receiver) -> None:
    destination(pesagate)["rate"] = "1/s"
    pesagate.start()
    for number in range(4):
        pay(pesagate, f"US{number}")
    pesagate.wait_for_state("delivered", 4)
    # No one more than a second's worth too early, however late its thread began.
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(sorted(r.at for r in erp.requests)))
