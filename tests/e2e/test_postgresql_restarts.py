"""PostgreSQL is killed and started again under load: what was acknowledged is there, and all goes on without a hand."""

import itertools
import json
import threading
import time
from collections import Counter
from pathlib import Path

import requests
from gateway_process import configuration, free_port, gateway
from postgres_cluster import cluster
from simulated import c2b

from adapters.testing import Receiver


def test_what_was_acknowledged_survives_and_is_delivered(tmp_path: Path, erp: Receiver) -> None:
    numbers, acknowledged, refused = itertools.count(1000), set[str](), Counter[int]()
    done = threading.Event()
    config = configuration(free_port(), erp.url)
    with cluster() as server, gateway(tmp_path / "gateway", config) as pesagate:
        config["store"]["url"] = server.url.render_as_string(hide_password=False)
        pesagate.start()

        def pay() -> None:
            while not done.is_set():
                receipt = f"UKO{next(numbers)}"
                try:
                    answer = pesagate.post("c2b-confirmation", c2b(receipt))
                except requests.RequestException:
                    continue
                if answer.status_code == 200:
                    acknowledged.add(receipt)
                else:
                    refused[answer.status_code] += 1
                    time.sleep(0.05)

        payers = [threading.Thread(target=pay) for _ in range(3)]
        for payer in payers:
            payer.start()
        for mode in ("immediate", "fast"):
            before = len(acknowledged)
            while len(acknowledged) < before + 20:
                time.sleep(0.05)
            server.stop(mode)
            time.sleep(2)
            server.start()
            pesagate.wait_ready()
        done.set()
        for payer in payers:
            payer.join(60)
        pesagate.wait_for_state("delivered", len(acknowledged), 60)
        stored = {event["receipt"] for event in pesagate.rows("events")}
        assert acknowledged <= stored
        assert set(refused) <= {503}
        told = Counter(json.loads(request.body)["id"] for request in erp.requests)
        # One that was under way when the server died may be told again, under the same id.
        assert {json.loads(request.body)["receipt"] for request in erp.requests} >= acknowledged
        assert len(told) <= len(stored)
        assert pesagate.stop() == 0
