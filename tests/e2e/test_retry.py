"""Delivery in bad weather: at least once, under one id, by the schedule, and never at others' cost."""

import json
import time
from itertools import pairwise
from typing import Any

import pytest
from gateway_process import Gateway, free_port
from simulated import c2b, stk

from adapters.testing import Answer, Receiver


def destination(pesagate: Gateway) -> Any:
    return pesagate.config["tenants"]["duka"]["destinations"]["erp"]


def ids(erp: Receiver) -> set[tuple[str, str]]:
    return {(request.headers["webhook-id"], json.loads(request.body)["id"]) for request in erp.requests}


def wait_for_attempts(pesagate: Gateway, number: int) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while True:
        (row,) = pesagate.rows("deliveries")
        if row["attempts"] >= number:
            return row
        assert time.monotonic() < deadline, row
        time.sleep(0.05)


def test_an_erp_that_is_down_gets_it_when_it_is_up(pesagate: Gateway) -> None:
    port = free_port()
    destination(pesagate)["url"] = f"http://127.0.0.1:{port}/"
    destination(pesagate)["retry"] = {"schedule": ["1s"] * 60, "jitter": "0%"}
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB"))
    down = wait_for_attempts(pesagate, 2)
    assert (down["state"], down["reason"]) == ("pending", "no_connection")
    with Receiver(port) as erp:
        (row,) = pesagate.wait_for_state("delivered")
        assert row["attempts"] > down["attempts"]
        assert (row["reason"], row["waiting_for"]) == ("http_200", None)
        assert len(erp.requests) == 1
    attempts = [line for line in pesagate.log_lines() if line["event"] == "attempt"]
    assert [line["attempt"] for line in attempts] == list(range(1, row["attempts"] + 1))
    assert {line["event_id"] for line in attempts} == {row["event_id"]}


def test_between_attempts_it_waits_for_its_time(pesagate: Gateway, erp: Receiver) -> None:
    destination(pesagate)["retry"] = {"schedule": ["1h"], "jitter": "0%"}
    erp.default = Answer(503)
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB"))
    row = wait_for_attempts(pesagate, 1)
    assert (row["state"], row["waiting_for"], row["reason"]) == ("pending", "time", "http_503")


def test_after_its_schedule_it_is_a_dead_letter(pesagate: Gateway, erp: Receiver) -> None:
    destination(pesagate)["retry"] = {"schedule": ["1s", "1s"], "jitter": "0%"}
    erp.default = Answer(500)
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB"))
    (row,) = pesagate.wait_for_state("dead")
    assert (row["attempts"], row["reason"], row["waiting_for"]) == (3, "http_500", None)
    assert row["detail"].startswith("Given up after 3 attempts.")
    assert len(erp.requests) == 3
    assert len(ids(erp)) == 1
    times = [request.at for request in erp.requests]
    assert all(later - earlier >= 1 for earlier, later in pairwise(times))


def test_a_no_is_final_and_holds_up_nobody(pesagate: Gateway, erp: Receiver) -> None:
    erp.script(Answer(400, body=b"no such customer"))
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YA"))
    (dead,) = pesagate.wait_for_state("dead")
    assert (dead["attempts"], dead["reason"]) == (1, "http_400")
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB"))
    pesagate.wait_for_state("delivered")
    assert len(erp.requests) == 2


def test_a_receiver_may_ask_for_more_time(pesagate: Gateway, erp: Receiver) -> None:
    erp.script(Answer(429, headers={"Retry-After": "3"}))
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB"))
    pesagate.wait_for_state("delivered")
    first, second = erp.requests
    assert second.at - first.at >= 3


def test_killed_between_the_erps_answer_and_our_mark_it_comes_again_under_the_same_id(
    pesagate: Gateway, erp: Receiver
) -> None:
    destination(pesagate)["timeout"] = "60s"
    erp.script(Answer(delay=60))
    pesagate.start()
    pesagate.post("stk", stk("ws_kill"))
    erp.wait_for(1)
    pesagate.kill()
    pesagate.start()
    (row,) = pesagate.wait_for_state("delivered")
    assert len(erp.requests) == 2
    assert ids(erp) == {(row["event_id"], row["event_id"])}
    assert len({request.body for request in erp.requests}) == 1


@pytest.mark.parametrize("number", [20])
def test_a_hanging_destination_is_nobody_elses_trouble(pesagate: Gateway, erp: Receiver, number: int) -> None:
    with Receiver() as hanging:
        hanging.default = Answer(delay=120)
        tenant = pesagate.config["tenants"]["duka"]
        tenant["destinations"]["hangs"] = {**destination(pesagate), "url": hanging.url, "timeout": "60s"}
        tenant["routes"] = [{"to": ["hangs", "erp"]}]
        pesagate.start()
        started = time.monotonic()
        for index in range(number):
            assert pesagate.post("c2b-confirmation", c2b(f"UHANG{index}")).status_code == 200
        erp.wait_for(number, timeout=30)
        rows = pesagate.wait_for_state("delivered", number)
        # All of it while every attempt at the other one still hangs.
        assert time.monotonic() - started < 60
        assert {row["destination"] for row in rows if row["state"] == "delivered"} == {"erp"}
        assert {(row["state"], row["attempts"]) for row in rows if row["destination"] == "hangs"} == {("pending", 0)}
        assert 1 <= len(hanging.requests) <= number


def test_sigterm_lets_an_attempt_end_and_the_mark_be_written(pesagate: Gateway, erp: Receiver) -> None:
    erp.script(Answer(delay=2))
    pesagate.start()
    pesagate.post("stk", stk("ws_term"))
    erp.wait_for(1)
    assert pesagate.stop() == 0
    (row,) = pesagate.rows("deliveries")
    assert (row["state"], row["attempts"]) == ("delivered", 1)
    assert len(erp.requests) == 1
