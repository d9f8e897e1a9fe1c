"""`pesagate purge`, and the nightly one, beside a gateway that takes callbacks."""

import json
import sqlite3
import threading
import time
from contextlib import closing
from datetime import timedelta
from typing import Any

from gateway_process import Gateway
from simulated import c2b

from adapters.testing import Answer, Receiver
from gateway.domain.times import NAIROBI, utc_now

HUNDRED_DAYS = 100 * 86_400 * 1_000_000


def query(pesagate: Gateway, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db", timeout=20, isolation_level=None)) as connection:
        return connection.execute(sql, values).fetchall()


def grow_old(pesagate: Gateway) -> None:
    query(pesagate, "UPDATE callbacks SET received_at = received_at - ?", HUNDRED_DAYS)
    query(pesagate, "UPDATE attempts SET started_at = started_at - ?", HUNDRED_DAYS)


def keep(pesagate: Gateway, **retention: str) -> None:
    pesagate.config["store"]["retention"] = retention


def bodies_left(pesagate: Gateway) -> int:
    left: int = query(pesagate, "SELECT count(body) FROM callbacks")[0][0]
    return left


def test_it_counts_asks_and_takes_away_beside_a_running_gateway(pesagate: Gateway) -> None:
    keep(pesagate, raw="90d", attempts="90d")
    pesagate.start()
    for number in range(3):
        pesagate.post("c2b-confirmation", c2b(f"UOLD{number}"))
    pesagate.wait_for_state("delivered", 3)
    grow_old(pesagate)
    pesagate.post("c2b-confirmation", c2b("UYOUNG"))
    pesagate.wait_for_state("delivered", 4)

    looked = pesagate.run("purge", "--dry-run")
    assert [line.split()[:2] for line in looked.stdout.splitlines()] == [["3", "bodies"], ["3", "attempts"]]
    told = pesagate.rows("purge", "--dry-run")
    assert [(row["name"], row["rows"], row["kept"]) for row in told] == [("raw", 3, 0), ("attempts", 3, 0)]
    asked = pesagate.run("purge")
    assert (asked.returncode, bodies_left(pesagate)) == (1, 4)
    done = pesagate.run("purge", "--yes")
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (0, "6 rows purged", "")
    assert (bodies_left(pesagate), query(pesagate, "SELECT count(*) FROM attempts")) == (1, [(1,)])
    again = pesagate.run("purge", "--yes")
    assert [line.split()[0] for line in again.stdout.splitlines()] == ["0", "0"]
    assert "bytes purged, SHA-256" in pesagate.run("explain", "UOLD1").stdout
    assert [row["receipt"] for row in pesagate.rows("events", "--raw")] == ["UOLD0", "UOLD1", "UOLD2", "UYOUNG"]
    assert pesagate.post("c2b-confirmation", c2b("UOLD1")).headers["Pesagate-Result"] == "duplicate"


def test_where_nothing_is_configured_nothing_goes(pesagate: Gateway) -> None:
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UOLD"))
    pesagate.wait_for_state("delivered")
    grow_old(pesagate)
    done = pesagate.run("purge", "--yes")
    assert (done.returncode, done.stdout) == (
        0, "store.retention keeps everything for ever: there is nothing to purge.\n"
    )  # fmt: skip
    assert bodies_left(pesagate) == 1


def test_a_replay_of_what_was_purged_says_that_its_bytes_are_gone(pesagate: Gateway, erp: Receiver) -> None:
    keep(pesagate, raw="90d")
    pesagate.config["tenants"]["duka"]["destinations"]["erp"] |= {"raw": True}
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UOLD"))
    pesagate.wait_for_state("delivered")
    grow_old(pesagate)
    assert pesagate.run("purge", "--yes").returncode == 0
    assert pesagate.run("replay", "UOLD", "--again", "--yes").returncode == 0
    (row,) = pesagate.wait_for_state("dead")
    assert row["reason"] == "no_raw"
    assert len(erp.requests) == 1


def test_while_thousands_of_rows_go_every_callback_is_taken(pesagate: Gateway) -> None:
    keep(pesagate, raw="90d")
    pesagate.config["tenants"]["duka"]["routes"] = []
    pesagate.start()
    assert pesagate.run("send", "-n", "2500").returncode == 0
    grow_old(pesagate)
    statuses: list[int] = []
    enough = threading.Event()

    def post() -> None:
        while not enough.is_set():
            statuses.append(pesagate.post("c2b-confirmation", c2b(f"UBUSY{len(statuses)}")).status_code)

    posting = threading.Thread(target=post)
    posting.start()
    done = pesagate.run("purge", "--yes")
    enough.set()
    posting.join(60)
    assert done.stdout.splitlines()[-1] == "2500 rows purged"
    assert set(statuses) == {200}
    assert bodies_left(pesagate) == len(statuses)


def test_serve_purges_by_itself_at_night(pesagate: Gateway) -> None:
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UOLD"))
    pesagate.wait_for_state("delivered")
    assert pesagate.stop() == 0
    grow_old(pesagate)
    # The next full minute that it is surely started by.
    soon = utc_now().astimezone(NAIROBI) + timedelta(seconds=75)
    keep(pesagate, raw="90d", nightly=f"{soon:%H:%M}")
    pesagate.start()
    assert "nightly" in pesagate.children()
    deadline = time.monotonic() + 140
    while bodies_left(pesagate):
        assert time.monotonic() < deadline, json.dumps(pesagate.log_lines()[-5:])
        time.sleep(1)
    assert pesagate.post("c2b-confirmation", c2b("UNEW")).status_code == 200
    assert pesagate.stop() == 0
    (line,) = [line for line in pesagate.log_lines() if line["event"] == "purged"]
    assert line["raw"] == 1


def test_a_dead_letter_keeps_its_bytes_until_it_has_arrived(pesagate: Gateway, erp: Receiver) -> None:
    keep(pesagate, raw="90d")
    pesagate.config["tenants"]["duka"]["destinations"]["erp"] |= {"raw": True}
    erp.script(Answer(400))
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UDEAD"))
    pesagate.wait_for_state("dead")
    grow_old(pesagate)
    looked = pesagate.run("purge", "--yes")
    assert looked.stdout.endswith(", 1 more are still needed\n")
    assert pesagate.run("replay", "UDEAD").returncode == 0
    pesagate.wait_for_state("delivered")
    assert len(erp.requests) == 2
    assert pesagate.run("purge", "--yes").stdout.splitlines()[-1] == "1 rows purged"
