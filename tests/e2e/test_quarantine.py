"""What is set aside is kept to the byte, and becomes an event once when it can."""

import json
import os
import signal
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from gateway_process import COMMAND, KEY, Gateway
from simulated import c2b

from adapters.testing import Receiver
from gateway.crash import REPROCESSING

HER_KEY = "another-key-0123456789-ABCDEFG"


def reprocessed(pesagate: Gateway, *args: str) -> list[str]:
    done = pesagate.run("quarantine", "reprocess", "--yes", "--json", *args)
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["became"] for line in done.stdout.splitlines()]


def set_aside(pesagate: Gateway, number: int) -> None:
    """Have so many payments set aside, each for its wrong address."""
    pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]["allow_from"] = ["192.0.2.0/24"]
    pesagate.start()
    for each in range(number):
        assert pesagate.post("c2b-confirmation", c2b(f"UKO7R8{each:04d}")).headers["Pesagate-Result"] == "quarantined"


def add_shortcode(pesagate: Gateway, tenant: str, number: str, key: str) -> None:
    tenants = pesagate.config["tenants"]
    tenants.setdefault(tenant, {**tenants["duka"], "shortcodes": {}})
    tenants[tenant]["shortcodes"][number] = {"type": "paybill", "key": key, "hold_older_than": "off"}


def test_a_foreign_shortcode_is_parked_and_goes_to_its_hook_when_it_is_configured(
    pesagate: Gateway, erp: Receiver
) -> None:
    pesagate.start()
    body = json.dumps(c2b("UKO7R8T1YB", shortcode="600999")).encode() + b" \r\n"
    assert pesagate.post("c2b-confirmation", body).headers["Pesagate-Result"] == "quarantined"
    assert reprocessed(pesagate) == ["still set aside: foreign_shortcode"]
    (row,) = pesagate.rows("quarantine")
    kept = subprocess.run(
        [COMMAND, "-c", pesagate.path, "quarantine", "body", row["id"]], capture_output=True, check=True
    )
    assert kept.stdout == body
    pesagate.stop()
    add_shortcode(pesagate, "duka", "600999", HER_KEY)
    pesagate.start()
    assert reprocessed(pesagate) == ["accepted"]
    assert reprocessed(pesagate) == []
    pesagate.wait_for_state("delivered")
    (event,) = pesagate.rows("events")
    assert (event["shortcode"], event["receipt"]) == ("600999", "UKO7R8T1YB")
    assert len(erp.requests) == 1
    again = pesagate.post("c2b-confirmation", body, key=HER_KEY)
    assert again.headers["Pesagate-Result"] == "duplicate"


def test_another_tenants_shortcode_is_never_reached(pesagate: Gateway) -> None:
    add_shortcode(pesagate, "mama", "600999", HER_KEY)
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB", shortcode="600999"))
    assert reprocessed(pesagate) == ["still set aside: foreign_shortcode"]
    assert pesagate.rows("events") == []


def test_what_came_from_a_wrong_address_is_taken_when_a_person_agrees(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]["allow_from"] = ["192.0.2.0/24"]
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB"))
    assert pesagate.rows("events") == []
    assert reprocessed(pesagate, "--reason", "new_shape") == []
    assert reprocessed(pesagate, "--since", "2099-01-01") == []
    assert reprocessed(pesagate, "--reason", "source_address") == ["accepted"]
    pesagate.wait_for_state("delivered")
    assert len(erp.requests) == 1


def test_a_duplicate_or_a_conflict_in_quarantine_goes_through_the_same_rules(pesagate: Gateway) -> None:
    paybill = pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB"))
    pesagate.stop()
    paybill["allow_from"] = ["192.0.2.0/24"]
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB", FirstName="JANE"))
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB", amount="1.00"))
    assert reprocessed(pesagate) == ["duplicate", "conflict"]
    assert len(pesagate.rows("events")) == 1


def test_what_cannot_be_taken_stays_and_resolve_puts_it_away(pesagate: Gateway) -> None:
    pesagate.start()
    pesagate.post("c2b-confirmation", b"{")
    pesagate.post("c2b-confirmation", b'{"a": "' + b"x" * 70_000 + b'"}')
    assert reprocessed(pesagate) == ["still set aside: unreadable", "still set aside: too_large"]
    for row in pesagate.rows("quarantine"):
        assert pesagate.run("quarantine", "resolve", row["id"]).returncode == 0
    assert pesagate.rows("quarantine") == []
    assert pesagate.run("quarantine", "resolve", "1").returncode == 1


def test_a_row_that_is_not_there_is_said_so_and_none_is_taken(pesagate: Gateway) -> None:
    set_aside(pesagate, 1)
    (row,) = pesagate.rows("quarantine")
    wrong = pesagate.run("quarantine", "reprocess", "--yes", row["id"], "99", "98")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == (
        "pesagate: Not an open quarantine row: 98, 99. `pesagate quarantine` lists them; none was taken.\n"
    )
    assert pesagate.rows("events") == []
    assert reprocessed(pesagate, row["id"]) == ["accepted"]
    assert pesagate.run("quarantine", "reprocess", "--yes", row["id"]).returncode == 1


# Three commits of at most 100 rows; so many rows are still set aside when it dies before the second one, and after it.
@pytest.mark.parametrize(("point", "left"), [("before_reprocessed", 110), ("after_reprocessed", 10)])
def test_a_reprocess_that_is_killed_in_the_middle_makes_each_event_once(
    pesagate: Gateway, erp: Receiver, tmp_path: Path, point: str, left: int
) -> None:
    mark = tmp_path / "crashed"
    set_aside(pesagate, 210)
    environment = {**os.environ, "PESAGATE_CRASH_AT": f"{point}:2:{mark}"}
    command = [COMMAND, "-c", pesagate.path, "quarantine", "reprocess", "--yes"]
    killed = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (killed.returncode, mark.exists()) == (-signal.SIGKILL, True)
    assert len(pesagate.rows("quarantine")) == left
    assert len(pesagate.rows("events")) == 210 - left
    assert reprocessed(pesagate) == ["accepted"] * left
    assert pesagate.rows("quarantine") == []
    receipts = [event["receipt"] for event in pesagate.rows("events")]
    assert sorted(receipts) == [f"UKO7R8{number:04d}" for number in range(210)]
    pesagate.wait_for_state("delivered", 210, seconds=60)
    assert len({request.headers["webhook-id"] for request in erp.requests}) == 210


def test_the_points_of_reprocessing_are_all_tried() -> None:
    (mark,) = test_a_reprocess_that_is_killed_in_the_middle_makes_each_event_once.pytestmark  # type: ignore[attr-defined]
    assert tuple(point for point, _ in mark.args[1]) == REPROCESSING


def test_one_row_that_the_store_refuses_keeps_none_of_the_others_back(pesagate: Gateway, erp: Receiver) -> None:
    set_aside(pesagate, 130)
    bad = {"UKO7R80017", "UKO7R80120"}
    # A real refusal of the database's own.
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db")) as store, store:
        store.execute(
            "CREATE TRIGGER refuses BEFORE INSERT ON callbacks WHEN new.identity IN ('UKO7R80017', 'UKO7R80120') "
            "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
    done = pesagate.run("quarantine", "reprocess", "--yes", "--json")
    assert done.returncode == 1
    became = Counter(json.loads(line)["became"] for line in done.stdout.splitlines())
    assert became == {"accepted": 128, "still set aside: the store refuses it": 2}
    assert done.stderr.count("is still set aside: the store refuses it: not this one") == 2
    assert "2 callbacks could not be taken" in done.stderr
    assert "Traceback" not in done.stderr
    rows = pesagate.rows("quarantine")
    assert [(row["reason"], row["seen"]) for row in rows] == [("source_address", 1)] * 2
    assert {event["receipt"] for event in pesagate.rows("events")}.isdisjoint(bad)
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db")) as store, store:
        store.execute("DROP TRIGGER refuses")
    assert reprocessed(pesagate) == ["accepted"] * 2
    pesagate.wait_for_state("delivered", 130, seconds=60)
    assert len(erp.requests) == 130


def test_keys_open_only_what_they_should(pesagate: Gateway) -> None:
    """A key that covers one kind takes nothing of another, from quarantine either."""
    pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]["allow_from"] = ["192.0.2.0/24"]
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB"))
    pesagate.stop()
    pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]["key"] = {"stk": KEY}
    pesagate.start()
    assert reprocessed(pesagate) == ["still set aside: source_address"]
    (row,) = pesagate.rows("quarantine")
    assert "has no hook duka 600638 c2b-confirmation any more" in row["detail"]


def test_a_full_quarantine_is_said_so_and_takes_more_when_a_person_has_looked(pesagate: Gateway) -> None:
    pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]["quarantine_limit"] = 2
    pesagate.start()
    bad = [f"{{{number}".encode() for number in range(3)]
    assert [pesagate.post("stk", body).status_code for body in bad] == [400, 400, 503]
    # Bytes that are kept already are counted; other kinds, and payments, have their own room.
    assert pesagate.post("stk", bad[0]).status_code == 400
    assert pesagate.post("c2b-confirmation", bad[2]).status_code == 400
    assert pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB")).headers["Pesagate-Result"] == "accepted"
    assert sorted(row["seen"] for row in pesagate.rows("quarantine")) == [1, 1, 2]
    said = [line["level"] for line in pesagate.log_lines() if "quarantine of duka 600638 stk is full" in line["event"]]
    assert said == ["error"]
    first = pesagate.rows("quarantine")[0]["id"]
    assert pesagate.run("quarantine", "resolve", first).returncode == 0
    assert pesagate.post("stk", bad[2]).status_code == 400


def test_kinds_that_somebody_makes_up_do_not_each_have_a_quarantine_of_their_own(pesagate: Gateway) -> None:
    """Whoever had the key could fill the disk: kind1, kind2, kind3 and so on."""
    pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]["quarantine_limit"] = 2
    pesagate.start()
    answers = [pesagate.post(f"kind{number}", b"{}").status_code for number in range(4)]
    assert answers == [200, 200, 503, 503]
    # The same bytes on the same path are counted; kinds that are known have their own room.
    assert pesagate.post("kind0", b"{}").headers["Pesagate-Result"] == "quarantined"
    assert pesagate.post("stk", b"{}").headers["Pesagate-Result"] == "quarantined"
    assert sorted((row["kind"], row["seen"]) for row in pesagate.rows("quarantine")) == [
        ("kind0", 2), ("kind1", 1), ("stk", 1),
    ]  # fmt: skip
    said = {line["event"] for line in pesagate.log_lines() if "is full" in line["event"]}
    assert said == {"the quarantine of duka 600638 for kinds that are not known is full (quarantine_limit)"}
    for row in pesagate.rows("quarantine"):
        assert pesagate.run("quarantine", "resolve", row["id"]).returncode == 0
    assert pesagate.post("kind3", b"{}").status_code == 200


def test_a_quarantine_is_full_of_bytes_too(pesagate: Gateway) -> None:
    pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]["quarantine_size"] = "256KiB"
    pesagate.start()
    large = [b'{"%d": "%s"}' % (number, b"x" * 60_000) for number in range(6)]
    answers = [pesagate.post("stk", body) for body in large[:5]]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 503]
    full = answers[-1]
    assert (full.json(), full.headers["Retry-After"]) == ({"error": "try again later"}, "5")
    assert "Pesagate-Result" not in full.headers
    # What is small still fits, what is there is counted, and payments have their own room.
    assert pesagate.post("stk", b"{").status_code == 400
    assert pesagate.post("stk", large[0]).headers["Pesagate-Result"] == "quarantined"
    assert pesagate.post("c2b-confirmation", large[5]).headers["Pesagate-Result"] == "quarantined"
    assert pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB")).headers["Pesagate-Result"] == "accepted"
    (said,) = [line for line in pesagate.log_lines() if "is full" in line["event"]]
    assert (said["event"], said["level"]) == ("the quarantine of duka 600638 stk is full (quarantine_size)", "error")
    first = next(row["id"] for row in pesagate.rows("quarantine") if row["kind"] == "stk")
    assert pesagate.run("quarantine", "resolve", first).returncode == 0
    assert pesagate.post("stk", large[4]).status_code == 200


def test_what_others_wrote_breaks_no_line_and_does_nothing_to_a_terminal(pesagate: Gateway) -> None:
    """A reference with a line end looked like one more row, and its escapes reached the terminal."""
    pesagate.start()
    # It is recorded after its answer, and before what comes next.
    pesagate.post("c2b-validation", c2b("UKO7R8T1YC", BillRefNumber="a\rb"))
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB", BillRefNumber="\x1b[31mRED\n2026  booked"))
    (row,) = pesagate.run("events").stdout.splitlines()
    assert "\\x1b[31mRED\\n2026  booked" in row
    assert "a\\rb" in pesagate.run("questions").stdout
    views = (["events"], ["questions"], ["explain", "UKO7R8T1YB"])
    told = [pesagate.run(*words).stdout for words in views]
    assert all(line.isprintable() for text in told for line in text.split("\n"))
