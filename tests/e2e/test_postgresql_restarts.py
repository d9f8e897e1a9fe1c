"""PostgreSQL is killed and started again under load, and there is no spool: what was acknowledged is there."""

import json
import time
from collections import Counter
from pathlib import Path

from gateway_process import configuration, free_port, gateway
from payers import Payers
from postgres_cluster import cluster

from adapters.testing import Receiver


def test_what_was_acknowledged_survives_and_is_delivered(tmp_path: Path, erp: Receiver) -> None:
    config = configuration(free_port(), erp.url)
    with cluster() as server, gateway(tmp_path / "gateway", config) as pesagate:
        # What the spool makes of it is told in test_spool.py.
        config["store"] = {"url": server.url.render_as_string(hide_password=False), "spool": "off"}
        pesagate.start()
        with Payers(pesagate, "UKO") as payers:
            for mode in ("immediate", "fast"):
                payers.wait_for(20)
                server.stop(mode)
                time.sleep(2)
                server.start()
                pesagate.wait_ready()
        acknowledged = payers.acknowledged
        pesagate.wait_for_state("delivered", len(acknowledged), 60)
        stored = {event["receipt"] for event in pesagate.rows("events")}
        assert acknowledged <= stored
        # A connection that ends without an answer would be one too many.
        assert set(payers.refused) == {503}
        told = Counter(json.loads(request.body)["id"] for request in erp.requests)
        # One that was under way when the server died may be told again, under the same id.
        assert {json.loads(request.body)["receipt"] for request in erp.requests} >= acknowledged
        assert len(told) <= len(stored)
        assert pesagate.stop() == 0
