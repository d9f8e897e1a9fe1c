"""`pesagate replay`: whom it means, in bulk beside a running gateway, and that twice is twice."""

import json
from collections import Counter
from typing import Any

import pytest
from gateway_process import Gateway
from simulated import c2b, stk

from adapters.testing import Answer, Receiver


def pay(pesagate: Gateway, *receipts: str) -> None:
    for receipt in receipts:
        assert pesagate.post("c2b-confirmation", c2b(receipt)).status_code == 200


def sent(erp: Receiver) -> Counter[str]:
    return Counter(json.loads(request.body)["receipt"] for request in erp.requests)


def states(pesagate: Gateway) -> Counter[tuple[str, str]]:
    return Counter((row["destination"], row["state"]) for row in pesagate.rows("deliveries"))


@pytest.fixture
def refused(pesagate: Gateway, erp: Receiver) -> Gateway:
    """Five dead letters at one destination, two for another reason, and all of them delivered at a second one."""
    tenant = pesagate.config["tenants"]["duka"]
    tenant["destinations"]["copy"] = dict(tenant["destinations"]["erp"], url=f"{erp.url}/copy")
    tenant["routes"] = [{"to": ["erp", "copy"]}]
    reasons = {"UC3": 422, "UC4": 422}
    erp.decide = lambda received: (
        Answer() if received.path == "/copy" else Answer(reasons.get(json.loads(received.body)["receipt"], 400))
    )
    pesagate.start()
    pay(pesagate, *(f"UC{number}" for number in range(5)))
    pesagate.wait_for_state("dead", 5)
    pesagate.wait_for_state("delivered", 5)
    erp.decide = None
    erp.requests.clear()
    return pesagate


def test_a_dry_run_counts_what_is_meant_and_does_nothing(refused: Gateway, erp: Receiver) -> None:
    (event, *_) = (row["id"] for row in refused.rows("events") if row["receipt"] == "UC1")
    for options, number in [
        ([], 5),
        (["--again"], 10),
        (["UC1"], 1),
        ([event], 1),
        (["UC1", "UC2"], 2),
        (["UC1", "--again"], 2),
        (["--reason", "http_422"], 2),
        (["--destination", "copy"], 0),
        (["--destination", "copy", "--again"], 5),
        (["--tenant", "other"], 0),
        (["--since", "2126-01-01"], 0),
        (["--since", "2026-01-01", "--until", "2126-01-01"], 5),
    ]:
        told = refused.run("replay", *options, "--dry-run")
        word = "delivery" if number == 1 else "deliveries"
        assert (told.returncode, told.stdout) == (0, f"{number} {word} to replay\n"), options
    assert erp.requests == []
    assert states(refused) == {("erp", "dead"): 5, ("copy", "delivered"): 5}


def test_one_unknown_name_among_others_replays_nothing(refused: Gateway, erp: Receiver) -> None:
    told = refused.run("replay", "UC1", "UNOWHERE", "--yes")
    assert told.returncode == 1
    assert "Nothing is known of UNOWHERE" in told.stderr
    assert states(refused)["erp", "dead"] == 5


def test_replayed_twice_is_sent_twice(refused: Gateway, erp: Receiver) -> None:
    for times in (1, 2, 3):
        told = refused.run("replay", "UC1", "--destination", "copy", "--again", "--yes")
        assert told.stdout.startswith("1 delivery to replay\n1 are due now")
        erp.wait_for(times)
        refused.wait_for_state("delivered", 5)
    assert sent(erp) == {"UC1": 3}
    (delivery,) = (row for row in refused.rows("deliveries") if row["destination"] == "copy" and row["attempts"] > 1)
    assert delivery["attempts"] == 4
    assert len({request.headers["webhook-id"] for request in erp.requests}) == 1


def test_what_is_due_anyway_is_told(refused: Gateway, erp: Receiver) -> None:
    refused.run("destinations", "park", "erp")
    assert refused.run("replay", "UC1", "--yes").returncode == 0
    told = refused.run("replay", "UC1", "--yes").stdout
    assert "0 deliveries to replay\n1 delivery of these will be tried without a replay" in told


def test_an_events_id_means_that_event_alone(pesagate: Gateway, erp: Receiver) -> None:
    """A payment that failed at first has two events; the receipt means both of them, an id one."""
    pesagate.config["tenants"]["duka"]["routes"] = [{"when": {"type": "payment.*"}, "to": ["erp"]}]
    pesagate.start()
    for code in (1032, 0):
        assert pesagate.post("stk", stk("ws_CO_1", code=code)).status_code == 200
        pesagate.wait_for_state("delivered", 1 if code else 2)
    ids: dict[str, Any] = {row["type"]: row["id"] for row in pesagate.rows("events")}
    assert pesagate.run("replay", "ws_CO_1", "--again", "--dry-run").stdout == "2 deliveries to replay\n"
    assert pesagate.run("replay", ids["payment.failed"], "--again", "--yes").returncode == 0
    erp.wait_for(3)
    assert [json.loads(request.body)["type"] for request in erp.requests][2:] == ["payment.failed"]
