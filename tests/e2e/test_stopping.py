"""SIGTERM while a thousand callbacks are under way: each is answered, or clearly not acknowledged; then it is over."""

import json
import re
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
import requests
from gateway_process import KEY, Gateway
from simulated import c2b

IN_FLIGHT = 1000


def request(receipt: str) -> bytes:
    body = json.dumps(c2b(receipt)).encode()
    head = f"POST /hooks/{KEY}/c2b-confirmation HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the write lock, so that nothing can be committed."""
    with closing(sqlite3.connect(database, isolation_level=None, timeout=20)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


def answer(connection: socket.socket) -> str:
    """Return the status and the result that a connection brings, "" where it ends without an answer."""
    connection.settimeout(40)
    said = b""
    try:
        while piece := connection.recv(65536):
            said += piece
    except ConnectionError:
        pass
    head, complete, _ = said.decode().partition("\r\n\r\n")
    if not complete:
        return ""
    result = re.search(r"^Pesagate-Result: (.*?)\r?$", head, re.MULTILINE)
    return f"{head.split()[1]} {result[1] if result else '-'}"


def stored(pesagate: Gateway) -> set[str]:
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db")) as connection:
        return {receipt for (receipt,) in connection.execute("SELECT identity FROM callbacks")}


@contextmanager
def in_flight(pesagate: Gateway, number: int) -> Iterator[dict[str, socket.socket]]:
    """Give connections that have sent a callback each and wait for the answer, by receipt."""
    address = ("127.0.0.1", int(pesagate.base.rpartition(":")[2]))
    with ExitStack() as stack:
        sent = {}
        for count in range(number):
            connection = stack.enter_context(socket.create_connection(address, timeout=20))
            connection.sendall(request(f"UTERM{count}"))
            sent[f"UTERM{count}"] = connection
        yield sent


@pytest.fixture
def two_workers(pesagate: Gateway) -> Gateway:
    pesagate.config["server"]["workers"] = 2
    pesagate.config["tenants"]["duka"]["routes"] = []
    return pesagate.start()


def test_a_thousand_in_flight_are_all_answered(two_workers: Gateway) -> None:
    assert two_workers.process is not None
    with locked(two_workers.folder / "pesagate.db"):
        stack = ExitStack()
        sent = stack.enter_context(in_flight(two_workers, IN_FLIGHT))
        two_workers.process.terminate()
        time.sleep(1)
    with stack:
        answers = {receipt: answer(connection) for receipt, connection in sent.items()}
    assert two_workers.process.wait(20) == 0
    assert set(answers.values()) == {"200 accepted"}
    assert stored(two_workers) == set(sent)
    assert not [line for line in two_workers.log_lines() if "force" in line["event"]]


def test_what_cannot_be_kept_in_time_is_not_acknowledged(two_workers: Gateway) -> None:
    assert two_workers.process is not None
    began = time.monotonic()
    with locked(two_workers.folder / "pesagate.db"), in_flight(two_workers, IN_FLIGHT) as sent:
        two_workers.process.terminate()
        answers = {receipt: answer(connection) for receipt, connection in sent.items()}
        assert two_workers.process.wait(40) == 0
    assert time.monotonic() - began < 40
    assert set(answers.values()) <= {"503 -", ""}
    assert stored(two_workers) == set()


def test_once_it_stops_nobody_is_kept_waiting_for_nothing(two_workers: Gateway) -> None:
    """The parent held the port until the last request was answered: who came then hung, and got no answer."""
    assert two_workers.process is not None
    with locked(two_workers.folder / "pesagate.db"), in_flight(two_workers, 1):
        two_workers.process.terminate()
        time.sleep(1.5)
        assert two_workers.process.poll() is None
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{two_workers.base}/healthz", timeout=5)
