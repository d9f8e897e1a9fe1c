"""The main job: a callback in, one event, one booking in the ERP, whatever happens between."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from gateway_process import Gateway

from adapters.testing import Receiver

EXPECTED = Path(__file__).parent.parent / "expected"
DOCUMENTED = Path(__file__).parent.parent / "payloads"


def documented(name: str) -> bytes:
    """Return a documented body as M-Pesa sends it."""
    return (DOCUMENTED / name).read_bytes()


def expected(name: str) -> dict[str, Any]:
    """Return an event as it has to be, ids and times of our own apart."""
    told: dict[str, Any] = json.loads((EXPECTED / f"{name}.json").read_text("utf-8"))
    return told


OUR_OWN = ("id", "payment_id", "received_at", "sources")


def without_our_own(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in OUR_OWN}


def test_a_documented_stk_and_c2b_body_become_the_documented_events_and_arrive_once(
    pesagate: Gateway, erp: Receiver
) -> None:
    pesagate.start()
    urls = {row["kind"]: row["url"] for row in pesagate.rows("urls")}
    assert urls["stk"].startswith(pesagate.base)

    stk = pesagate.post("stk", documented("stk/success.json"))
    c2b = pesagate.post("c2b-confirmation", documented("c2b-confirmation/paybill.json"))

    assert (stk.status_code, stk.json()) == (200, {"ResultCode": 0, "ResultDesc": "Success"})
    assert (c2b.status_code, c2b.json()) == (200, {"ResultCode": 0, "ResultDesc": "Success"})
    assert [without_our_own(event) for event in pesagate.rows("events")] == [expected("stk"), expected("c2b")]

    pesagate.wait_for_state("delivered", 2)
    received = [json.loads(request.body) for request in erp.requests]
    assert sorted(event["receipt"] for event in received) == ["SD25ABC9W7", "UKO7R8T1YB"]
    by_id = {event["id"]: event for event in pesagate.rows("events")}
    assert {event["id"]: event for event in received} == by_id


def test_a_duplicate_is_answered_alike_and_books_nothing(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.start()
    answers = [pesagate.post("stk", documented("stk/success.json")) for _ in range(3)]
    assert [answer.headers["Pesagate-Result"] for answer in answers] == ["accepted", "duplicate", "duplicate"]
    assert len({answer.content for answer in answers}) == 1
    pesagate.wait_for_state("delivered")
    assert len(pesagate.rows("events")) == 1
    assert len(erp.requests) == 1


def test_sigkill_between_answer_and_delivery_loses_nothing_and_books_once(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.start()
    # Delivery is frozen, so that the answer is surely given before anything is delivered.
    os.kill(pesagate.children()["delivery"], signal.SIGSTOP)
    assert pesagate.post("stk", documented("stk/success.json")).status_code == 200
    assert pesagate.post("c2b-confirmation", documented("c2b-confirmation/paybill.json")).status_code == 200
    pesagate.kill()
    assert erp.requests == []

    pesagate.start()
    pesagate.wait_for_state("delivered", 2)
    assert sorted(json.loads(request.body)["receipt"] for request in erp.requests) == ["SD25ABC9W7", "UKO7R8T1YB"]
    again = pesagate.post("stk", documented("stk/success.json"))
    assert again.headers["Pesagate-Result"] == "duplicate"
    time.sleep(1.5)
    assert len(erp.requests) == 2


def test_a_dead_child_is_started_again(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.start()
    first = pesagate.children()
    pesagate.kill(list(first.values()))
    pesagate.wait_ready()
    assert pesagate.post("stk", documented("stk/success.json")).status_code == 200
    pesagate.wait_for_state("delivered")
    assert set(first.values()).isdisjoint(pesagate.children().values())


def test_children_end_within_a_second_of_their_parents_sigkill_and_free_the_port(pesagate: Gateway) -> None:
    pesagate.start()
    children = pesagate.children()
    assert pesagate.process is not None
    pesagate.kill([pesagate.process.pid])
    pesagate.process.wait(10)
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline and any(_lives(pid) for pid in children.values()):
        time.sleep(0.05)
    assert not any(_lives(pid) for pid in children.values())
    pesagate.start()


def test_a_second_gateway_on_the_same_store_is_refused(pesagate: Gateway) -> None:
    pesagate.start()
    second = pesagate.run("serve")
    assert second.returncode == 1
    assert "Another gateway is running on this store" in second.stderr


def test_sigterm_ends_it_cleanly(pesagate: Gateway) -> None:
    pesagate.start()
    pesagate.post("stk", documented("stk/success.json"))
    pesagate.wait_for_state("delivered")
    assert pesagate.stop() == 0
    assert pesagate.log_lines()[-1]["event"] == "stopped"
    assert not [line for line in pesagate.log_lines() if line["level"] == "error"]


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
