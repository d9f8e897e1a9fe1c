"""C2B validation rules under a running gateway: each kind of list, changed meanwhile, hanging, away, too old."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from databases import own_database, run
from gateway_process import KEY, Gateway, free_port
from simulated import c2b
from sqlalchemy.engine import URL, make_url
from wire import ask

from adapters.testing import Answer, Receiver

ACCEPT, REJECT = "0", "C2B00012"
RULES = [{"unless": {"reference_in": "open"}, "normalise": ["strip_hash"], "reject": REJECT}]


def code(gateway: Gateway, reference: str, key: str = KEY, **fields: Any) -> str:
    """Ask whether a payment may go on; return the code of the answer."""
    body = json.dumps(c2b("UASK", BillRefNumber=reference, **fields)).encode()
    reply = ask(gateway.base, "POST", f"/hooks/{key}/c2b-validation", body)
    assert (reply.status, reply.result) == (200, "accepted"), reply
    said: str = json.loads(reply.body)["ResultCode"]
    return said


def tenant(gateway: Gateway) -> dict[str, Any]:
    found: dict[str, Any] = gateway.config["tenants"]["duka"]
    return found


def with_list(gateway: Gateway, source: dict[str, Any], **more: Any) -> Gateway:
    """Let the gateway refuse what is not in a list; C2B00016 shows that a question could not be decided."""
    tenant(gateway)["validation"] = RULES
    tenant(gateway)["references"] = {"open": {**source, "refresh": "1s", **more}}
    tenant(gateway)["shortcodes"]["600638"]["validation_default"] = "C2B00016"
    return gateway


def wait_for(gateway: Gateway, reference: str, wanted: str) -> None:
    deadline = time.monotonic() + 40
    while (said := code(gateway, reference)) != wanted:
        assert time.monotonic() < deadline, (said, gateway.log.read_text())
        time.sleep(0.1)


def wait_for_log(gateway: Gateway, event: str) -> dict[str, Any]:
    deadline = time.monotonic() + 40
    while True:
        for line in gateway.log_lines():
            if line["event"] == event:
                return line
        assert time.monotonic() < deadline, gateway.log.read_text()
        time.sleep(0.05)


def questions(gateway: Gateway, number: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 20
    while len(rows := gateway.rows("questions")) < number:
        assert time.monotonic() < deadline, rows
        time.sleep(0.05)
    return rows


def test_rules_decide_and_each_decision_is_recorded_with_its_reason(pesagate: Gateway) -> None:
    tenant(pesagate)["validation"] = [
        {"when": {"amount": {"max": "9.99"}}, "reject": "C2B00013"},
        {"unless": {"reference": "INV-*"}, "normalise": ["trim", "strip_hash", "upper"], "reject": REJECT},
    ]
    pesagate.start()
    assert code(pesagate, "INV-1042") == ACCEPT
    assert code(pesagate, " #inv-7 ") == ACCEPT
    assert code(pesagate, "0708374149") == REJECT
    assert code(pesagate, "INV-1", amount="9") == "C2B00013"
    rows = questions(pesagate, 4)
    assert [(row["account_reference"], row["decision"], row["because"]) for row in rows] == [
        ("INV-1042", "accept", "no rule matches"),
        (" #inv-7 ", "accept", "no rule matches"),
        ("0708374149", REJECT, "rule 2: reference is not INV-*"),
        ("INV-1", "C2B00013", "rule 1: amount is at most 9.99"),
    ]
    assert {(row["receipt"], row["shortcode"], row["tenant"]) for row in rows} == {("UASK", "600638", "duka")}
    assert [row["amount"] for row in rows] == ["1500.00"] * 3 + ["9.00"]
    assert pesagate.rows("questions", "--receipt", "UOTHER") == []
    assert pesagate.rows("questions", "--tenant", "other") == []
    told = pesagate.run("explain", "UASK").stdout
    assert "C2B00012, as rule 2: reference is not INV-*" in told
    plain = pesagate.run("questions").stdout
    assert "rule 2: reference is not INV-*" in plain
    # The payer stands in neither form.
    assert "JOHN" not in plain + json.dumps(rows)
    assert pesagate.rows("events") == []


def test_try_tells_the_decision_and_why(pesagate: Gateway, tmp_path: Path) -> None:
    with_list(pesagate, {"file": "open.txt"}).write()
    question = tmp_path / "question.json"
    question.write_text(json.dumps(c2b("UTRY")))

    def tried() -> dict[str, Any]:
        done = pesagate.run("try", question, "--shortcode", "600638", "--kind", "c2b-validation", "--json")
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    because = "rule 1 could not be decided: the list open was not known"
    assert tried()["decision"] == {"decision": "C2B00016", "because": because}
    assert tried()["unread_lists"] == ["open: there is no such file"]
    (pesagate.folder / "open.txt").write_text("ORD-1\n")
    told = tried()
    assert told["decision"] == {"decision": REJECT, "because": "rule 1: reference is not in the list open"}
    assert (told["answer"]["body"]["ResultCode"], told["unread_lists"], told["event"]) == (REJECT, [], None)
    (pesagate.folder / "open.txt").write_text("INV-1042\n")
    assert tried()["decision"] == {"decision": "accept", "because": "no rule matches"}
    assert not (pesagate.folder / "pesagate.db").exists()


def test_a_file_that_changes_under_the_running_gateway(pesagate: Gateway) -> None:
    with_list(pesagate, {"file": "lists/open.txt"})
    (pesagate.folder / "lists").mkdir()
    path = pesagate.folder / "lists/open.txt"
    path.write_text("INV-1\n")
    pesagate.start()
    wait_for(pesagate, "#INV-1", ACCEPT)
    assert code(pesagate, "INV-2") == REJECT
    fresh = path.with_suffix(".new")
    fresh.write_text("INV-2\n")
    fresh.replace(path)
    wait_for(pesagate, "INV-2", ACCEPT)
    assert code(pesagate, "INV-1") == REJECT
    # Gone: what was known stays.
    path.unlink()
    wait_for_log(pesagate, "a list of references could not be refreshed and stays as it was")
    assert code(pesagate, "INV-2") == ACCEPT
    assert code(pesagate, "INV-1") == REJECT


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    if request.param == "sqlite":
        yield make_url(f"sqlite:///{tmp_path}/erp.db")
        return
    with own_database(request.param) as made:
        yield made


def test_a_query_whose_rows_change(pesagate: Gateway, database: URL) -> None:
    run(database, "CREATE TABLE invoices (number VARCHAR(20), state VARCHAR(10))")
    run(database, "INSERT INTO invoices VALUES ('INV-1', 'open'), ('INV-2', 'paid')")
    query = "SELECT number FROM invoices WHERE state = 'open'"
    with_list(pesagate, {"database": {"url": database.render_as_string(hide_password=False), "query": query}}).start()
    wait_for(pesagate, "INV-1", ACCEPT)
    assert code(pesagate, "INV-2") == REJECT
    run(database, "UPDATE invoices SET state = CASE WHEN number = 'INV-2' THEN 'open' ELSE 'paid' END")
    wait_for(pesagate, "INV-2", ACCEPT)
    assert code(pesagate, "INV-1") == REJECT


def test_an_address_whose_answer_changes(pesagate: Gateway) -> None:
    with Receiver() as source:
        source.default = Answer(body=b'{"data": [{"name": "INV-1"}]}')
        http = {
            "url": f"{source.url}/open",
            "items": "data",
            "field": "name",
            "auth": {"basic": {"user": "me", "password": "S3cret"}},
        }
        with_list(pesagate, {"http": http}).start()
        wait_for(pesagate, "INV-1", ACCEPT)
        source.default = Answer(body=b'{"data": [{"name": "INV-2"}]}')
        wait_for(pesagate, "INV-2", ACCEPT)
        assert code(pesagate, "INV-1") == REJECT
        source.default = Answer(503)
        wait_for_log(pesagate, "a list of references could not be refreshed and stays as it was")
        assert code(pesagate, "INV-2") == ACCEPT
        assert {one.headers["authorization"] for one in source.requests} == {"Basic bWU6UzNjcmV0"}
    assert "S3cret" not in pesagate.log.read_text()
    assert "INV-2" not in pesagate.log.read_text()


def test_a_source_that_is_away_at_the_start_gives_the_default_until_it_comes(pesagate: Gateway) -> None:
    port = free_port()
    with_list(pesagate, {"http": {"url": f"http://127.0.0.1:{port}/open"}}).start()
    assert code(pesagate, "INV-1") == "C2B00016"
    assert wait_for_log(pesagate, "a list of references is not known: its rules cannot decide")["level"] == "error"
    (row,) = questions(pesagate, 1)
    assert row["because"] == "rule 1 could not be decided: the list open was not known"
    with Receiver(port) as source:
        source.default = Answer(body=b"INV-1\n")
        wait_for(pesagate, "INV-1", ACCEPT)
        assert code(pesagate, "INV-2") == REJECT


def test_a_list_that_grows_too_old_is_not_known_any_more(pesagate: Gateway) -> None:
    with_list(pesagate, {"file": "open.txt"}, max_age="2s")
    path = pesagate.folder / "open.txt"
    path.write_text("INV-1\n")
    pesagate.start()
    wait_for(pesagate, "INV-1", ACCEPT)
    path.unlink()
    wait_for(pesagate, "INV-1", "C2B00016")
    path.write_text("INV-1\n")
    wait_for(pesagate, "INV-1", ACCEPT)


def test_a_source_that_hangs_delays_no_answer_and_no_end(pesagate: Gateway) -> None:
    with Receiver() as source:
        source.default = Answer(delay=3600)
        with_list(pesagate, {"http": {"url": f"{source.url}/open"}}, timeout="5m").start()
        source.wait_for(1)
        # All of them while the one reading hangs: an answer that waited for it would not come within the test.
        assert [code(pesagate, f"INV-{number}") for number in range(50)] == ["C2B00016"] * 50
        assert pesagate.stop() == 0
        assert len(source.requests) == 1
    assert "ending by force" not in pesagate.log.read_text()
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db")) as connection:
        assert connection.execute("SELECT count(*) FROM questions").fetchone() == (50,)


def test_each_intake_process_has_the_list(pesagate: Gateway) -> None:
    with_list(pesagate, {"file": "open.txt"})
    pesagate.config["server"]["workers"] = 3
    (pesagate.folder / "open.txt").write_text("INV-1\n")
    pesagate.start()
    deadline = time.monotonic() + 20
    while sum(line["event"] == "a list of references is known" for line in pesagate.log_lines()) < 3:
        assert time.monotonic() < deadline, pesagate.log.read_text()
        time.sleep(0.05)
    assert {code(pesagate, "INV-1") for _ in range(30)} == {ACCEPT}
    assert {code(pesagate, "INV-2") for _ in range(30)} == {REJECT}


TILL_KEY = "till-key-0123456789-ABCDEFGHIJ"


@pytest.fixture
def till(pesagate: Gateway) -> Gateway:
    tenant(pesagate)["shortcodes"]["5012345"] = {
        "type": "till",
        "store": "600999",
        "key": TILL_KEY,
        "hold_older_than": "off",
    }
    return pesagate


def test_a_till_and_its_store_are_one_shortcode(till: Gateway, erp: Receiver) -> None:
    tenant(till)["validation"] = [{"when": {"shortcode": "5012345", "amount": {"max": "4.99"}}, "reject": "C2B00013"}]
    till.start()
    post: Callable[..., Any] = till.post
    for number, named in enumerate(("5012345", "600999")):
        body = c2b(f"UTILL{number}", shortcode=named, BillRefNumber="")
        assert post("c2b-confirmation", body, key=TILL_KEY).headers["Pesagate-Result"] == "accepted"
        assert code(till, "", key=TILL_KEY, shortcode=named) == ACCEPT
        assert code(till, "", key=TILL_KEY, shortcode=named, amount="4") == "C2B00013"
    # The same payment, named once by its till and once by its store, is one.
    again = post("c2b-confirmation", c2b("UTILL0", shortcode="600999", BillRefNumber=""), key=TILL_KEY)
    assert again.headers["Pesagate-Result"] == "duplicate"
    # A paybill of the same business is somebody else.
    foreign = post("c2b-confirmation", c2b("UTILL9", shortcode="600638"), key=TILL_KEY)
    assert foreign.headers["Pesagate-Result"] == "quarantined"
    till.wait_for_state("delivered", 2)
    assert [event["shortcode"] for event in till.rows("events")] == ["5012345", "5012345"]
    assert sorted(json.loads(one.body)["shortcode"] for one in erp.requests) == ["5012345", "5012345"]
    assert {row["shortcode"] for row in questions(till, 4)} == {"5012345"}
    assert [row["reason"] for row in till.rows("quarantine")] == ["foreign_shortcode"]
