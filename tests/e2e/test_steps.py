"""A destination with steps, through the installed command: killed midway, explained, replayed, checked, tried."""

import json
from pathlib import Path
from typing import Any

import pytest
from erp_answers import NOT_THERE, Books, said
from gateway_process import Gateway
from simulated import c2b

from adapters.testing import Answer, Receiver

RECEIPT = "UKO7R8T1YB"
STEPS = [
    {
        "name": "find",
        "get": "/moves",
        "query": {"ref": "{{ receipt }}"},
        "save": {"move": "body.data[0].id", "state": "body.data[0].state"},
    },
    {
        "name": "create",
        "unless": "move",
        "post": "/moves",
        "body": {"ref": "{{ receipt }}", "amount": "{{ amount | number }}", "who": "{{ payer.msisdn }}"},
        "save": {"move": "body.id"},
    },
    {"name": "post", "unless": "state == 'posted'", "post": "/moves/{{ move }}/post", "body": {}},
]


@pytest.fixture
def stepping(pesagate: Gateway) -> Gateway:
    destination(pesagate).update(steps=json.loads(json.dumps(STEPS)), timeout="2s")
    return pesagate


def destination(pesagate: Gateway) -> Any:
    return pesagate.config["tenants"]["duka"]["destinations"]["erp"]


def sent(erp: Receiver) -> list[str]:
    return [f"{one.method} {one.path.partition('?')[0]}" for one in erp.requests]


def attempts(pesagate: Gateway) -> list[Any]:
    (story,) = pesagate.rows("explain", RECEIPT)
    return story["payments"][0]["events"][0]["deliveries"][0]["attempts"]


def test_killed_while_the_erp_creates_it_is_looked_for_and_goes_on(stepping: Gateway, erp: Receiver) -> None:
    destination(stepping)["timeout"] = "60s"
    erp.script(NOT_THERE, Answer(delay=60))
    stepping.start()
    stepping.post("c2b-confirmation", c2b(RECEIPT))
    erp.wait_for(2)
    stepping.kill()
    erp.script(said({"data": [{"id": 7, "state": "draft"}]}), said({}))
    stepping.start()
    stepping.wait_for_state("delivered")
    assert sent(erp) == ["GET /moves", "POST /moves", "GET /moves", "POST /moves/7/post"]


@pytest.mark.parametrize("point", ["after_begin:1", "after_begin:2", "after_send:1"])
def test_a_crash_at_any_point_books_it_once(stepping: Gateway, erp: Receiver, tmp_path: Path, point: str) -> None:
    books = Books(erp)
    stepping.start(PESAGATE_CRASH_AT=f"{point}:{tmp_path / 'crashed'}")
    stepping.post("c2b-confirmation", c2b(RECEIPT))
    stepping.wait_for_state("delivered", seconds=30)
    assert (tmp_path / "crashed").exists()
    assert books.entries == [{"id": 1, "state": "posted"}]
    assert len([line for line in sent(erp) if line == "POST /moves"]) == 1


def test_a_lost_answer_waits_and_is_cleared_up_by_itself(stepping: Gateway, erp: Receiver) -> None:
    erp.script(NOT_THERE, Answer(cut="before"), said({"data": [{"id": 7, "state": "posted"}]}))
    stepping.start()
    stepping.post("c2b-confirmation", c2b(RECEIPT))
    (row,) = stepping.wait_for_state("delivered")
    assert (row["attempts"], row["reason"]) == (2, "found")
    first, second = attempts(stepping)
    assert (first["result"], first["reason"], second["result"]) == ("unknown", "connection_cut", "delivered")
    assert [(step["name"], step["decision"]) for step in first["steps"]] == [
        ("find", "delivered"),
        ("create", "unknown"),
    ]
    assert [step["decision"] for step in second["steps"]] == ["delivered", "skipped", "skipped"]


def test_explain_tells_each_step_and_no_log_the_payer(stepping: Gateway, erp: Receiver) -> None:
    erp.script(NOT_THERE, said({"id": 7}), said({"message": "the period is closed"}, 422))
    stepping.start()
    stepping.post("c2b-confirmation", c2b(RECEIPT, MSISDN="254712345678"))
    stepping.wait_for_state("dead")
    told = stepping.run("explain", RECEIPT).stdout
    assert f"find: GET {erp.url}/moves?ref={RECEIPT} -> delivered 200 (http_200," in told
    assert f"create: POST {erp.url}/moves -> delivered 200 (http_200," in told
    assert "saved move" in told
    assert f"post: POST {erp.url}/moves/7/post -> rejected 422 (http_422," in told
    assert 'it said: {"message": "the period is closed"}' in told
    assert 'saved: {"move": 7, "state": null}' in told
    log = stepping.log.read_text("utf-8")
    assert [word for word in ("254712345678", "the period is closed", "/moves") if word in log] == []


def test_a_replay_goes_on_with_the_mended_steps(stepping: Gateway, erp: Receiver) -> None:
    erp.script(NOT_THERE, said({"id": 7}), said({"message": "no"}, 422))
    stepping.start()
    stepping.post("c2b-confirmation", c2b(RECEIPT))
    stepping.wait_for_state("dead")
    stepping.stop()
    destination(stepping)["steps"][2]["body"] = {"period": "11"}
    erp.requests.clear()
    erp.script(said({"data": [{"id": 7, "state": "draft"}]}), said({}))
    stepping.start()
    assert stepping.run("replay", RECEIPT).returncode == 0
    stepping.wait_for_state("delivered")
    assert sent(erp) == ["GET /moves", "POST /moves/7/post"]
    assert json.loads(erp.requests[-1].body) == {"period": "11"}


def test_what_was_delivered_begins_anew_when_it_is_replayed(stepping: Gateway, erp: Receiver) -> None:
    """The ERP was restored from a backup and has lost it: `replay --again` looks, and creates it once more."""
    books = Books(erp)
    stepping.start()
    stepping.post("c2b-confirmation", c2b(RECEIPT))
    stepping.wait_for_state("delivered")
    books.entries.clear()
    assert stepping.run("replay", RECEIPT, "--again", "--yes").returncode == 0
    erp.wait_for(6)
    stepping.wait_for_state("delivered")
    assert books.entries == [{"id": 1, "state": "posted"}]


def test_try_shows_each_request_and_sends_none(stepping: Gateway, erp: Receiver, tmp_path: Path) -> None:
    destination(stepping)["auth"] = {"bearer": "token-of-the-erp"}
    stepping.write()
    (tmp_path / "body.json").write_text(json.dumps(c2b(RECEIPT)))
    done = stepping.run("try", tmp_path / "body.json", "--shortcode", "600638", "--kind", "c2b-confirmation", "--json")
    requests = json.loads(done.stdout)["requests"]
    assert [(one["step"], one["request"]) for one in requests] == [
        ("find", f"GET {erp.url}/moves?ref={RECEIPT}"),
        ("create", f"POST {erp.url}/moves"),
        ("post", f"POST {erp.url}/moves/{{{{ move }}}}/post"),
    ]
    assert requests[1]["note"] == "Sent unless move. Not known yet: move (saved by find)."
    assert requests[0]["headers"]["Authorization"] == "***"
    assert json.loads(requests[1]["body"])["ref"] == RECEIPT
    assert "token-of-the-erp" not in done.stdout
    assert erp.requests == []


def test_check_tells_the_place_of_a_mistake_in_a_step(stepping: Gateway) -> None:
    destination(stepping)["steps"][1]["body"]["ref"] = "{{ recipt }}"
    destination(stepping)["steps"][2]["success_when"] = "bdy.ok"
    stepping.write()
    done = stepping.run("check", "--json")
    problems = [json.loads(line) for line in done.stdout.splitlines()]
    errors = [one for one in problems if one["severity"] == "error"]
    assert done.returncode == 78
    assert [one["key"] for one in errors] == [
        "tenants.duka.destinations.erp.steps[1].body.ref",
        "tenants.duka.destinations.erp.steps[2].success_when",
    ]
    lines = stepping.path.read_text("utf-8").splitlines()
    for one, word in zip(errors, ("{{ recipt }}", "bdy.ok"), strict=True):
        assert word in lines[one["line"] - 1][one["column"] - 1 :]
    assert "did you mean 'receipt'?" in errors[0]["message"]
    assert "did you mean 'body'?" in errors[1]["message"]


def test_check_live_asks_each_destination_once(stepping: Gateway, erp: Receiver) -> None:
    destination(stepping)["probe"] = {"get": "/me", "success_when": "body.user"}
    stepping.write()
    erp.script(said({"user": "pesagate"}), said({"user": None}))
    assert stepping.run("check", "--live").returncode == 0
    done = stepping.run("check", "--live")
    assert done.returncode == 78
    assert "tenants.duka.destinations.erp: `probe`: 127.0.0.1 answered 200 OK, but `success_when`" in done.stdout
    assert sent(erp) == ["GET /me", "GET /me"]
    assert stepping.run("check").returncode == 0
    assert len(erp.requests) == 2
