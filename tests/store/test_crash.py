"""SIGKILL in the middle of intake: what was answered 200 is there, to the byte, once."""

import hashlib
import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import requests
from gateway_process import Gateway
from simulated import c2b

POSTS = 300
KILLS = 5


def test_what_was_acknowledged_survives_every_sigkill(pesagate: Gateway) -> None:
    pesagate.config["tenants"]["duka"]["routes"] = []
    pesagate.config["server"]["workers"] = 2
    pesagate.start()
    bodies = {
        f"UKILL{number}": json.dumps(c2b(f"UKILL{number}"), indent=number % 5).encode() for number in range(POSTS)
    }
    waiting = iter(bodies.items())
    take = threading.Lock()
    acknowledged: dict[str, int] = {}
    repeated = 0

    def send_until_acknowledged(receipt: str, body: bytes) -> int:
        """Send as a stubborn sender would; return how often it took."""
        for attempt in range(1, 200):
            try:
                if pesagate.post("c2b-confirmation", body).status_code == 200:
                    return attempt
            except requests.RequestException:
                time.sleep(0.05)
        raise AssertionError(f"{receipt} was never acknowledged")

    def work() -> None:
        while True:
            with take:
                item = next(waiting, None)
            if item is None:
                return
            acknowledged[item[0]] = send_until_acknowledged(*item)

    with ThreadPoolExecutor(8) as pool:
        workers = [pool.submit(work) for _ in range(8)]
        for number in range(1, KILLS + 1):
            while len(acknowledged) < number * POSTS // (KILLS + 2) and not all(one.done() for one in workers):
                time.sleep(0.005)
            pesagate.kill()
            pesagate.start()
        for one in workers:
            one.result(120)

    assert len(acknowledged) == POSTS
    rows = stored(pesagate)
    assert {receipt: body for receipt, body, _ in rows} == bodies
    assert [digest for _, _, digest in rows] == [hashlib.sha256(body).digest() for _, body, _ in rows]
    events = pesagate.rows("events")
    assert sorted(event["receipt"] for event in events) == sorted(bodies)
    assert len({event["id"] for event in events}) == POSTS
    repeated = sum(attempts > 1 for attempts in acknowledged.values())
    assert repeated, "no kill hit a sender: the test has proved nothing"


def stored(pesagate: Gateway) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute("SELECT identity, body, body_digest FROM callbacks").fetchall()
