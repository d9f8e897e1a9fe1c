"""SIGKILL of the parent in the middle of a reload: what was acknowledged is there, and the next start is like any."""

import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from gateway_process import Gateway, configuration, free_port
from simulated import c2b


def test_a_parent_that_dies_between_two_generations_costs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "crashed"
    pesagate = Gateway(tmp_path / "gateway", configuration(free_port(), "http://127.0.0.1:9/erp"))
    pesagate.config["tenants"]["duka"]["routes"] = []
    pesagate.start(PESAGATE_CRASH_AT=f"in_reload:1:{mark}")
    assert pesagate.process is not None
    sent = []
    pesagate.config["tenants"]["duka"]["name"] = "Duka Mpya"
    pesagate.write()
    pesagate.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 60
    while pesagate.process.poll() is None:
        assert time.monotonic() < deadline
        receipt = f"UCRASH{len(sent):04}"
        try:
            if pesagate.post("c2b-confirmation", c2b(receipt)).status_code == 200:
                sent.append(receipt)
        except OSError:
            break
    assert pesagate.process.wait(30) == -9
    assert mark.exists()
    pesagate.start()
    try:
        assert pesagate.post("c2b-confirmation", c2b("UCRASHLAST")).headers["Pesagate-Result"] == "accepted"
        with closing(sqlite3.connect(pesagate.folder / "pesagate.db")) as connection:
            kept = {receipt for (receipt,) in connection.execute("SELECT identity FROM callbacks")}
        assert {*sent, "UCRASHLAST"} <= kept
    finally:
        pesagate.stop()
