"""Status queries and reversals through a running gateway: they change the payment they name and never make one."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from about import BACK, IDS, RECEIPT, answer, payout, reversal
from gateway_process import Gateway
from simulated import c2b

from adapters.testing import Receiver


@pytest.fixture
def everything(pesagate: Gateway) -> Gateway:
    """A gateway that sends all events to its ERP."""
    pesagate.config["tenants"]["duka"]["routes"] = [{"when": {"type": ["*"]}, "to": ["erp"]}]
    return pesagate.start()


def results(pesagate: Gateway, *posts: tuple[str, dict[str, Any]]) -> list[str]:
    return [pesagate.post(kind, body).headers["Pesagate-Result"] for kind, body in posts]


def types(erp: Receiver) -> list[str]:
    return [json.loads(request.body)["type"] for request in erp.requests]


def count(pesagate: Gateway, table: str) -> int:
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db")) as store:
        number: int = store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
        return number


PAID = ("c2b-confirmation", c2b(RECEIPT, amount="300"))
TAKEN_BACK = ("reversal-result", reversal("succeeded"))


@pytest.mark.parametrize("payment_first", [True, False])
def test_a_payment_and_its_reversal_are_one_story_by_either_receipt(
    everything: Gateway, erp: Receiver, payment_first: bool
) -> None:
    posts = [PAID, TAKEN_BACK] if payment_first else [TAKEN_BACK, PAID]
    assert results(everything, posts[0]) == ["accepted"]
    if not payment_first:
        for name in (RECEIPT, BACK, "r-1"):
            (told,) = everything.rows("explain", name)
            assert (told["payments"], len(told["results"])) == ([], 1)
            screen = everything.run("explain", name).stdout
            assert f"About a payment of duka 600638 of which nothing else has come yet: receipt {RECEIPT}" in screen
            assert f"reversal.succeeded  KES 300.00 {BACK}" in screen
    assert results(everything, posts[1], *posts) == ["accepted", "duplicate", "duplicate"]
    everything.wait_for_state("delivered", 2)
    assert sorted(types(erp)) == ["payment.succeeded", "reversal.succeeded"]
    assert count(everything, "payments") == 1
    for name in (RECEIPT, BACK, "r-1", "AG_r-1"):
        (told,) = everything.rows("explain", name)
        (payment,) = told["payments"]
        assert told["results"] == []
        assert {callback["kind"] for callback in payment["callbacks"]} == {"c2b-confirmation", "reversal-result"}
        made = {row["event"]["type"]: row["event"]["original_receipt"] for row in payment["events"]}
        assert made == {"payment.succeeded": None, "reversal.succeeded": RECEIPT}
        assert f"reversal.succeeded  KES 300.00 {BACK}" in everything.run("explain", name).stdout


def test_an_answer_resolves_a_payout_that_timed_out_and_the_late_result_changes_nothing(
    everything: Gateway, erp: Receiver
) -> None:
    assert everything.post("timeout", IDS, query="?for=b2c-result").headers["Pesagate-Result"] == "accepted"
    asked = ("status-result", answer("succeeded"))
    assert results(everything, asked, asked, ("b2c-result", payout("succeeded"))) == [
        "accepted", "duplicate", "accepted",
    ]  # fmt: skip
    everything.wait_for_state("delivered", 2)
    assert types(erp) == ["payout.unknown", "payout.succeeded"]
    unknown, succeeded = everything.rows("events")
    assert (succeeded["supersedes"], succeeded["payment_id"]) == (unknown["id"], unknown["payment_id"])
    assert (succeeded["kind"], succeeded["origin"], succeeded["receipt"]) == ("status-result", "callback", RECEIPT)
    assert count(everything, "payments") == 1


def test_answers_that_contradict_are_conflicts_in_words(everything: Gateway, erp: Receiver) -> None:
    posts = [
        ("b2c-result", payout("succeeded")),
        ("status-result", answer("succeeded")),
        ("status-result", answer("failed", query="q-2")),
        ("status-result", answer("succeeded", "10", query="q-3")),
        ("status-result", answer("query failed", query="q-4")),
    ]
    assert results(everything, *posts) == ["accepted", "duplicate", "conflict", "conflict", "duplicate"]
    everything.wait_for_state("delivered")
    assert types(erp) == ["payout.succeeded"]
    screen = everything.run("conflicts").stdout
    assert "status-result a status query says failed of a payment that has succeeded" in screen
    assert "status-result a status query says 10.00 of a payment of 300.00" in screen
    story = everything.run("explain", "q-4").stdout
    assert "a status query says succeeded too" in story
    assert "a status query that tells nothing new" in story
    quiet = [line["event"] for line in everything.log_lines() if "a status query" in line["event"]]
    assert len(quiet) == 2, "only contradictions are worth a warning"


def test_an_answer_that_came_first_resolves_its_payment_in_the_same_commit(everything: Gateway, erp: Receiver) -> None:
    assert results(everything, ("status-result", answer("succeeded"))) == ["accepted"]
    assert everything.post("timeout", IDS, query="?for=b2c-result").headers["Pesagate-Result"] == "accepted"
    everything.wait_for_state("delivered", 3)
    assert sorted(types(erp)) == ["payout.succeeded", "payout.unknown", "status.succeeded"]
    (told,) = everything.rows("explain", RECEIPT)
    (payment,) = told["payments"]
    assert [row["event"]["type"] for row in payment["events"]] == [
        "status.succeeded", "payout.unknown", "payout.succeeded",
    ]  # fmt: skip
    assert everything.post("b2c-result", payout("failed")).headers["Pesagate-Result"] == "conflict"


def test_a_result_whose_payment_never_came_can_be_contradicted_and_replayed(everything: Gateway, erp: Receiver) -> None:
    assert results(everything, TAKEN_BACK, ("reversal-result", reversal("failed"))) == ["accepted", "conflict"]
    assert "says failed of a reversal that has succeeded" in everything.run("conflicts").stdout
    assert "of no payment that has come" in everything.run("conflicts").stdout
    everything.wait_for_state("delivered")
    assert everything.run("replay", BACK, "--again", "--yes").returncode == 0
    erp.wait_for(2)
    assert types(erp) == ["reversal.succeeded"] * 2
    assert count(everything, "payments") == 0
