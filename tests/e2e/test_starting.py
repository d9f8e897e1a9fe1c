"""The port at the start, and what /readyz says while nothing can be committed."""

import os
import resource
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import closing
from typing import Any

import pytest
import requests
from gateway_process import COMMAND, Gateway
from simulated import c2b


def port_of(pesagate: Gateway) -> int:
    return int(pesagate.base.rpartition(":")[2])


def test_a_port_that_is_still_held_by_one_who_is_going_is_waited_for(pesagate: Gateway) -> None:
    pesagate.write()
    with pesagate.log.open("ab") as log:
        with socket.create_server(("127.0.0.1", port_of(pesagate))):
            pesagate.process = subprocess.Popen([COMMAND, "serve", "-c", pesagate.path], stderr=log, stdout=log)
            time.sleep(2.5)
            assert pesagate.process.poll() is None
        pesagate.wait_ready()


def test_a_port_that_stays_taken_is_told(pesagate: Gateway) -> None:
    pesagate.write()
    with socket.create_server(("127.0.0.1", port_of(pesagate))):
        ended = pesagate.run("serve")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        f"pesagate: server.listen: 127.0.0.1:{port_of(pesagate)} is in use by another program; "
        "stop it, or choose another port."
    )


def ready(pesagate: Gateway) -> tuple[int, Any]:
    answer = requests.get(f"{pesagate.base}/readyz", timeout=10)
    return answer.status_code, answer.json()


def healthy(pesagate: Gateway) -> bool:
    return requests.get(f"{pesagate.base}/healthz", timeout=5).status_code == 200


def limit_files(pesagate: Gateway, size: int) -> None:
    """Let no process of the gateway write beyond so many bytes of a file: to it, the disk is full."""
    for pid in pesagate.children().values():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_while_the_disk_takes_nothing_it_is_not_ready_and_afterwards_it_is(pesagate: Gateway) -> None:
    pesagate.config["tenants"]["duka"]["routes"] = []
    pesagate.start()
    assert ready(pesagate)[0] == 200
    limit_files(pesagate, 0)
    status, said = ready(pesagate)
    assert (status, said["status"], said["reason"]) == (
        503, "not ready", "the store cannot commit: StoreUnavailable"
    )  # fmt: skip
    refused = pesagate.post("c2b-confirmation", c2b("UFULL1"))
    assert refused.status_code == 503
    assert "Pesagate-Result" not in refused.headers
    assert healthy(pesagate)
    limit_files(pesagate, resource.RLIM_INFINITY)
    assert ready(pesagate)[0] == 200
    assert pesagate.post("c2b-confirmation", c2b("UFULL1")).headers["Pesagate-Result"] == "accepted"
    assert len(pesagate.rows("events")) == 1


def test_while_the_store_is_locked_it_is_not_ready_and_afterwards_it_is(pesagate: Gateway) -> None:
    pesagate.start()
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db", isolation_level=None, timeout=20)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        status, said = ready(pesagate)
        assert (status, said["reason"]) == (503, "the store cannot commit: TimeoutError")
        # A balancer that asks must not be kept waiting for as long as the store is.
        assert time.monotonic() - began < 8
        assert healthy(pesagate)
        holder.execute("ROLLBACK")
    deadline = time.monotonic() + 20
    while ready(pesagate)[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("workers", [2, 4])
def test_so_many_workers_are_started_and_all_of_them_answer(pesagate: Gateway, workers: int) -> None:
    pesagate.config["server"]["workers"] = workers
    pesagate.start()
    assert sorted(pesagate.children()) == ["delivery", *(f"intake-{number}" for number in range(1, workers + 1))]
    for name in pesagate.children():
        if name != "delivery":
            assert answered_by(pesagate, name)


def answered_by(pesagate: Gateway, name: str) -> bool:
    """Freeze all other workers; tell whether the one that is left answers."""
    others = [pid for other, pid in pesagate.children().items() if other.startswith("intake") and other != name]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        return requests.get(f"{pesagate.base}/readyz", timeout=10).status_code == 200
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)
