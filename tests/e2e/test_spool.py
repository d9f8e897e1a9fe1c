"""PostgreSQL goes away under load: callbacks go on being taken, none is lost and none is booked twice."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from gateway_process import KEY, Gateway, configuration, free_port, gateway
from payers import Payers
from postgres_cluster import Cluster, cluster
from simulated import c2b, stk

from adapters.testing import Receiver

pytestmark = pytest.mark.timeout(600)

# How long the server is away at least, each time.
AWAY_S = 120 if os.environ.get("PESAGATE_CHAOS") else 0


@contextmanager
def on_a_cluster(folder: Path, erp: Receiver) -> Iterator[tuple[Gateway, Cluster]]:
    config = configuration(free_port(), erp.url)
    config["server"]["workers"] = 2
    with cluster() as server, gateway(folder / "gateway", config) as pesagate:
        config["store"]["url"] = server.url.render_as_string(hide_password=False)
        pesagate.start()
        yield pesagate, server


def spooled(pesagate: Gateway) -> int:
    folder = pesagate.folder / "pesagate-spool"
    return sum(len(file.read_bytes().splitlines()) for file in folder.glob("*.spool"))


def wait_until_it_is_empty(pesagate: Gateway) -> None:
    deadline = time.monotonic() + 90
    while spooled(pesagate):
        assert time.monotonic() < deadline, pesagate.log.read_text()
        time.sleep(0.1)


def test_a_server_that_is_away_under_load_loses_and_refuses_nothing(tmp_path: Path, erp: Receiver) -> None:
    with on_a_cluster(tmp_path, erp) as (pesagate, server):
        with Payers(pesagate, "USP") as payers:
            for mode in ("immediate", "fast"):
                payers.wait_for(20)
                server.stop(mode)
                time.sleep(AWAY_S)
                payers.wait_for(50)
                assert spooled(pesagate) > 0
                assert requests.get(f"{pesagate.base}/readyz", timeout=10).status_code == 200
                server.start()
                wait_until_it_is_empty(pesagate)
        acknowledged = payers.acknowledged
        assert payers.refused == {}
        pesagate.wait_for_state("delivered", len(acknowledged), 120)
        assert {event["receipt"] for event in pesagate.rows("events")} == acknowledged
        booked = Counter(json.loads(request.body)["receipt"] for request in erp.requests)
        assert set(booked) == acknowledged
        assert {json.loads(request.body)["id"] for request in erp.requests} == {
            event["id"] for event in pesagate.rows("events")
        }
        assert pesagate.stop() == 0
        assert list((pesagate.folder / "pesagate-spool").iterdir()) == []


def test_whatever_it_says_is_kept_and_settled_when_the_server_is_back(tmp_path: Path, erp: Receiver) -> None:
    with on_a_cluster(tmp_path, erp) as (pesagate, server):
        assert pesagate.post("c2b-confirmation", c2b("UBEFORE")).headers["Pesagate-Result"] == "accepted"
        pesagate.wait_for_state("delivered")
        server.stop("immediate")
        told = [
            ("stk", stk("ws_1", receipt="UTWIN"), "accepted"),
            ("c2b-confirmation", c2b("UTWIN"), "accepted"),
            # Nobody can know now that it is one.
            ("c2b-confirmation", c2b("UBEFORE"), "accepted"),
            ("c2b-confirmation", c2b("UBEFORE", amount="9.00"), "accepted"),
            ("c2b-confirmation", {"new": "shape"}, "quarantined"),
            ("c2b-confirmation", b"{", "quarantined"),
        ]
        for kind, body, result in told:
            assert pesagate.post(kind, body).headers["Pesagate-Result"] == result
        assert spooled(pesagate) == len(told)
        # The machine loses everything but its disk.
        pesagate.kill()
        server.start()
        pesagate.start()
        wait_until_it_is_empty(pesagate)
        pesagate.wait_for_state("delivered", 2)
        # Two processes may have kept the twins: the second one then adds what it knows by an event of its own.
        made = [event["receipt"] for event in pesagate.rows("events") if event["type"] == "payment.succeeded"]
        assert sorted(made) == ["UBEFORE", "UTWIN"]
        assert {row["reason"] for row in pesagate.rows("quarantine")} == {"new_shape", "unreadable"}
        assert len(pesagate.rows("conflicts")) == 1
        assert pesagate.stop() == 0


def test_a_server_that_stands_still_keeps_nobody_waiting_for_ever(tmp_path: Path, erp: Receiver) -> None:
    """Its machine kept the connection alive, and the driver would have waited as long as it did."""
    with on_a_cluster(tmp_path, erp) as (pesagate, server):
        pesagate.post("c2b-confirmation", c2b("UBEFORE"))
        with server.frozen():
            answers = [post_patiently(pesagate, f"UFROZEN{number}") for number in range(3)]
            assert answers == [(200, "accepted")] * 3
            assert spooled(pesagate) >= 1
        wait_until_it_is_empty(pesagate)
        pesagate.wait_for_state("delivered", 4, 60)
        assert len({request.headers["webhook-id"] for request in erp.requests}) == 4
        assert pesagate.stop() == 0


def post_patiently(pesagate: Gateway, receipt: str) -> tuple[int, str | None]:
    """Post as somebody who waits for a minute."""
    url = f"{pesagate.base}/hooks/{KEY}/c2b-confirmation"
    answer = requests.post(url, json=c2b(receipt), timeout=60)
    return answer.status_code, answer.headers.get("Pesagate-Result")


def test_switched_off_they_are_refused(tmp_path: Path, erp: Receiver) -> None:
    with on_a_cluster(tmp_path, erp) as (pesagate, server):
        pesagate.stop()
        pesagate.config["store"]["spool"] = "off"
        pesagate.start()
        server.stop("fast")
        assert pesagate.post("c2b-confirmation", c2b("UOFF")).status_code == 503
        assert requests.get(f"{pesagate.base}/readyz", timeout=10).status_code == 503
