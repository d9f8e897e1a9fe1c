"""`pesagate erase`: afterwards a payer stands nowhere in the store, and what was booked is booked."""

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from gateway_process import COMMAND, Gateway, configuration, free_port, gateway
from simulated import c2b, stk

from adapters.testing import Answer, Receiver

NUMBER = "254708374149"
# As M-Pesa makes them: they end with the phone.
PUSH = "ws_CO_241120261015301234708374149"
NAME = "WANJIKU ACHIENG"


def query(pesagate: Gateway, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db", timeout=20, isolation_level=None)) as connection:
        return connection.execute(sql, values).fetchall()


def told(pesagate: Gateway, *words: str) -> set[str]:
    """Return the columns in which any of these words stands."""
    found = set()
    for (table,) in query(pesagate, "SELECT name FROM sqlite_schema WHERE type = 'table'"):
        for _, column, *_ in query(pesagate, f"PRAGMA table_info({table})"):
            for word in words:
                # As bytes, as some of it is a blob.
                where = f"instr(CAST({column} AS BLOB), CAST(? AS BLOB)) > 0"
                if query(pesagate, f"SELECT 1 FROM {table} WHERE {where} LIMIT 1", word):  # noqa: S608
                    found.add(f"{table}.{column}")
    return found


def erase(pesagate: Gateway, *args: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "-c", pesagate.path, "erase", *args],
        input=given, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def arrived(pesagate: Gateway) -> None:
    """Wait until everything is delivered and the accounting file is written."""
    pesagate.wait_for_state("delivered", 8)
    deadline = time.monotonic() + 20
    written = "SELECT count(written_at) FROM export_lines JOIN export_files ON export_files.id = file_id"
    while query(pesagate, written) != [(1,)]:
        assert time.monotonic() < deadline, query(pesagate, written)
        time.sleep(0.05)


@pytest.fixture
def busy(tmp_path: Path, erp: Receiver) -> Iterator[Gateway]:
    """A gateway at which one payer has paid in many ways, and another one too."""
    config = configuration(free_port(), erp.url)
    config["store"] |= {"retention": {"payer": "365d"}}
    duka = config["tenants"]["duka"]
    duka["destinations"]["books"] = {
        "adapter": "export",
        "format": "csv",
        "folder": "exports",
        "close": "every 1 lines",
    }
    duka["routes"] = [
        {"when": {"type": ["payment.*"]}, "to": ["erp"], "continue": True},
        {"when": {"reference": "BOOK-*"}, "to": ["books"]},
    ]
    with gateway(tmp_path / "busy", config) as made:
        yield made


def pay(pesagate: Gateway, erp: Receiver) -> None:
    erp.default = Answer(200, body=f"booked for {NAME} {NUMBER}".encode())
    mine = {"MSISDN": NUMBER, "FirstName": "WANJIKU", "LastName": "ACHIENG"}
    pesagate.post("c2b-validation", c2b("UERASE2", **mine))
    for kind, body in (
        ("stk", stk(PUSH, "UERASE1")),
        ("c2b-confirmation", c2b("UERASE1", **mine)),
        ("c2b-confirmation", c2b("UERASE2", BillRefNumber="0708374149", **mine)),
        ("c2b-confirmation", c2b("UERASE3", BillRefNumber="BOOK-1", **mine)),
        ("stk", stk(f"{PUSH[:-10]}9708374149", code=1032)),
    ):
        assert pesagate.post(kind, body).status_code == 200
    pesagate.wait_for_state("delivered", 6)
    erp.default = Answer(200)
    for kind, body in (
        ("c2b-confirmation", c2b("UOTHER", MSISDN="254711222333", FirstName="OTIENO")),
        ("c2b-confirmation", c2b("UALIKE", **{**mine, "MSISDN": "2547 ***** 149"})),
    ):
        assert pesagate.post(kind, body).status_code == 200
    # Other bytes of the same facts, and one that contradicts them.
    pesagate.post("c2b-confirmation", c2b("UERASE2", BillRefNumber="0708374149", OrgAccountBalance="1.00", **mine))
    pesagate.post("c2b-confirmation", c2b("UERASE3", amount="7.00", BillRefNumber="BOOK-1", **mine))
    # What could not become an event, once done with and once not.
    for receipt in ("UDONE", "UOPEN"):
        pesagate.post("c2b-confirmation", c2b(receipt, shortcode="999999", **mine))
    (row, _) = pesagate.rows("quarantine")
    assert pesagate.run("quarantine", "resolve", row["id"]).returncode == 0


def test_a_payer_is_erased_and_everything_else_works_on(busy: Gateway, erp: Receiver) -> None:
    busy.start()
    pay(busy, erp)
    arrived(busy)
    before = busy.rows("events")
    assert told(busy, NAME, NUMBER) >= {"events.body", "callbacks.body", "callback_copies.body", "attempts.answer",
                                        "questions.body", "quarantine.body"}  # fmt: skip

    assert "does not belong on a command line" in erase(busy, "0708374149").stderr
    assert "no phone number" in erase(busy, given="hello\n").stderr
    looked = erase(busy, "--dry-run", given=f"{NUMBER}\n").stdout
    assert looked.startswith("4 payments, 1 C2B validations and 1 callbacks in quarantine to erase\n")
    assert looked.count("(open in quarantine)") == 1
    assert looked.count("perhaps of the same payer") == 1
    asked = erase(busy, given=f"{NUMBER}\n")
    assert (asked.returncode, told(busy, NUMBER) != set()) == (1, True)

    done = erase(busy, "--yes", given="0708 374 149\n")
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (0, "6 erased", "")
    assert told(busy, NUMBER, "0708374149") == {"quarantine.body"}
    assert query(busy, "SELECT count(*) FROM quarantine") == [(1,)]
    # Its masked number fits, but it may be another's.
    assert [r["payer"]["name"] for r in busy.rows("events") if r["payer"]["name"]] == ["OTIENO", NAME]
    assert erase(busy, "UALIKE", "--given-up", "--yes").returncode == 0
    assert told(busy, NUMBER, "0708374149", NAME, "2547 ***** 149") == {"quarantine.body"}
    # What is left in quarantine, and the two pushes, which their ids name for ever.
    assert erase(busy, "--given-up", "--yes", given=NUMBER).stdout.splitlines()[-1] == "3 erased"
    assert told(busy, NUMBER, "0708374149", NAME) == set()
    # A push's id stays: by it a duplicate is known.
    kept = {"callbacks.identity", "payment_keys.value", "events.body"}
    assert told(busy, "708374149") == kept

    after = {row["id"]: row for row in busy.rows("events")}
    for event in before:
        same = ("id", "type", "receipt", "amount", "ids", "occurred_at", "payment_id", "sources", "result")
        assert all(after[event["id"]][name] == event[name] for name in same)
    assert "bytes purged" in busy.run("explain", "UERASE1").stdout
    again = busy.post("c2b-confirmation", c2b("UERASE3", BillRefNumber="BOOK-1"))
    assert again.headers["Pesagate-Result"] == "duplicate"
    assert busy.post("stk", stk(PUSH, "UERASE1")).headers["Pesagate-Result"] == "duplicate"
    assert len(busy.rows("events")) == len(before)
    assert busy.stop() == 0
    query(busy, "VACUUM")
    assert NUMBER.encode() not in (busy.folder / "pesagate.db").read_bytes()
    assert b"ACHIENG" not in (busy.folder / "pesagate.db").read_bytes()


def test_what_is_still_needed_is_kept_and_named(busy: Gateway, erp: Receiver) -> None:
    erp.default = Answer(400)
    busy.start()
    busy.post("stk", stk("ws_1", "UDEAD"))
    busy.wait_for_state("dead")
    (event,) = busy.rows("events")
    looked = erase(busy, "UDEAD", "--yes")
    assert looked.stdout.splitlines() == [
        "0 payments, 0 C2B validations and 0 callbacks in quarantine to erase",
        f"kept, as it is still needed: event {event['id']} (to erp: is a dead letter)",
    ]
    assert "Nothing is known of UNKNOWN" in erase(busy, "UNKNOWN").stderr
    assert erase(busy, "UDEAD", "--given-up", "--yes").stdout.splitlines()[-1] == "1 erased"
    assert told(busy, NUMBER) == set()
    erp.default = Answer(200)
    assert busy.run("replay", "UDEAD", "--yes").returncode == 0
    busy.wait_for_state("delivered")


def test_killed_in_the_middle_it_is_finished_by_the_next(busy: Gateway, erp: Receiver) -> None:
    busy.start()
    pay(busy, erp)
    arrived(busy)
    # Among the validations, then in quarantine, then among payments: what came before is done each time.
    for times, number in enumerate((1, 2, 2)):
        mark = busy.folder / f"crash-{times}"
        killed = erase(busy, "UERASE1", "--yes", PESAGATE_CRASH_AT=f"in_erasure:{number}:{mark}")
        assert killed.returncode == -9
        assert told(busy, NUMBER) >= {"events.body"}
    assert erase(busy, "UERASE1", "--given-up", "--yes").returncode == 0
    assert told(busy, NUMBER, "0708374149") == set()


def test_payers_of_old_payments_go_in_a_purge(busy: Gateway, erp: Receiver) -> None:
    busy.start()
    pay(busy, erp)
    arrived(busy)
    year = 366 * 86_400 * 1_000_000
    query(
        busy, "UPDATE events SET received_at = received_at - ? WHERE json_extract(body, '$.receipt') <> 'UOTHER'", year
    )
    (row,) = [row for row in busy.rows("purge", "--dry-run") if row["name"] == "payer"]
    assert (row["rows"], row["kept"]) == (5, 0)
    done = busy.run("purge", "--yes")
    assert done.stdout.splitlines()[-1] == "5 rows purged"
    # These have times of their own; a push that failed tells no payer, whatever the ERP said about it.
    assert told(busy, NUMBER, NAME) == {"questions.body", "quarantine.body", "attempts.answer"}
    assert told(busy, "OTIENO") != set()
