"""C2B validation is a question: decided from memory, answered at once, recorded after. It never makes an event."""

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest
from gateway_process import KEY, Gateway
from simulated import c2b, stk
from wire import Reply, ask, connected, request

from adapters.testing import Receiver

ACCEPT = b'{"ResultCode":"0","ResultDesc":"Accepted"}'
REJECT = b'{"ResultCode":"C2B00012","ResultDesc":"Rejected"}'


@pytest.fixture(params=["accept", "C2B00012"])
def default(request: pytest.FixtureRequest) -> str:
    decision: str = request.param
    return decision


@pytest.fixture
def asked(pesagate: Gateway, default: str) -> Gateway:
    """A gateway whose paybill answers with that default."""
    shortcode = pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]
    shortcode["validation_default"] = default
    return pesagate


def answer_of(default: str) -> bytes:
    return ACCEPT if default == "accept" else REJECT


def question(gateway: Gateway, body: Any, *headers: str) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(gateway.base, "POST", f"/hooks/{KEY}/c2b-validation", data, *headers)


def recorded(gateway: Gateway) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(gateway.folder / "pesagate.db")) as connection:
        return connection.execute("SELECT identity, decision, body FROM questions ORDER BY id").fetchall()


def wait_for_questions(gateway: Gateway, number: int) -> list[tuple[Any, ...]]:
    deadline = time.monotonic() + 20
    while len(rows := recorded(gateway)) < number:
        assert time.monotonic() < deadline, rows
        time.sleep(0.05)
    return rows


def wait_for_quarantine(gateway: Gateway, number: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 20
    while len(rows := gateway.rows("quarantine")) < number:
        assert time.monotonic() < deadline, rows
        time.sleep(0.05)
    return rows


@contextmanager
def locked(gateway: Gateway) -> Iterator[None]:
    """Hold the store's write lock, as a backup gone wrong would."""
    with closing(sqlite3.connect(gateway.folder / "pesagate.db", isolation_level=None, timeout=20)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            holder.execute("ROLLBACK")


def test_a_question_gets_the_default_and_is_recorded_and_no_payment(
    asked: Gateway, default: str, erp: Receiver
) -> None:
    asked.start()
    for _ in range(2):
        reply = question(asked, c2b("UKO7R8T1YB", OrgAccountBalance=""))
        assert (reply.status, reply.body, reply.result) == (200, answer_of(default), "accepted")
        assert reply.headers["content-type"] == "application/json"
    # Each question is decided anew, and each is written down.
    rows = wait_for_questions(asked, 2)
    assert [(identity, decision) for identity, decision, _ in rows] == [("UKO7R8T1YB", default)] * 2
    assert json.loads(rows[0][2])["TransID"] == "UKO7R8T1YB"
    assert asked.rows("events") == []
    # What was asked does not make the confirmation a repetition.
    assert asked.post("c2b-confirmation", c2b("UKO7R8T1YB")).headers["Pesagate-Result"] == "accepted"
    asked.wait_for_state("delivered")
    assert len(erp.requests) == 1


def test_no_question_is_so_odd_that_it_gets_no_answer(asked: Gateway, default: str) -> None:
    asked.config["server"]["trusted_proxies"] = ["127.0.0.1"]
    asked.config["tenants"]["duka"]["shortcodes"]["600638"]["allow_from"] = ["192.0.2.0/24"]
    asked.start()
    here, elsewhere = "X-Forwarded-For: 192.0.2.7", "X-Forwarded-For: 198.51.100.7"
    odd: dict[str, tuple[bytes, str]] = {
        "unreadable": (b"{", here),
        "new_shape": (json.dumps(c2b("UODD", amount="1,000")).encode(), here),
        "foreign_shortcode": (json.dumps(c2b("UODD", shortcode="600999")).encode(), here),
        "too_large": (b'{"TransID": "' + b"x" * 70_000 + b'"}', here),
        "source_address": (json.dumps(c2b("UODD")).encode(), elsewhere),
    }
    for body, header in odd.values():
        reply = question(asked, body, header)
        assert (reply.status, reply.body, reply.result) == (200, answer_of(default), "quarantined")
    rows = wait_for_quarantine(asked, len(odd))
    assert sorted(row["reason"] for row in rows) == sorted(odd)
    assert recorded(asked) == []
    assert asked.rows("events") == []


def test_refused_addresses_and_wrong_keys_get_no_decision(asked: Gateway) -> None:
    asked.config["tenants"]["duka"]["shortcodes"]["600638"] |= {
        "allow_from": ["192.0.2.0/24"],
        "on_mismatch": "refuse",
    }
    asked.start()
    assert question(asked, c2b("UREFUSED")).status == 404
    assert asked.post("c2b-validation", c2b("UREFUSED"), key=KEY[::-1]).status_code == 404
    assert asked.rows("quarantine") == []


def test_while_the_store_is_locked_questions_are_answered_and_payments_are_not(pesagate: Gateway) -> None:
    pesagate.start()
    with ThreadPoolExecutor(4) as pool:
        with locked(pesagate):
            payment = pool.submit(pesagate.post, "stk", stk("ws_locked"))
            time.sleep(0.3)
            started = time.monotonic()
            questions = [question(pesagate, c2b(f"UQ{number}")) for number in range(20)]
            took = time.monotonic() - started
            assert not payment.done()
        answer = payment.result(30)
    assert {(reply.status, reply.body) for reply in questions} == {(200, ACCEPT)}
    # 8 s is all that M-Pesa waits for one of them.
    assert took < 5
    assert (answer.status_code, answer.headers["Pesagate-Result"]) == (200, "accepted")
    assert len(wait_for_questions(pesagate, 20)) == 20
    assert [event["ids"]["checkout_request_id"] for event in pesagate.rows("events")] == ["ws_locked"]


def test_a_payment_that_cannot_be_kept_is_never_acknowledged_and_may_come_again(pesagate: Gateway) -> None:
    pesagate.start()
    with locked(pesagate):
        refused = pesagate.post("stk", stk("ws_refused"))
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert "Pesagate-Result" not in refused.headers
        assert question(pesagate, c2b("ULOST")).body == ACCEPT
    again = pesagate.post("stk", stk("ws_refused"))
    assert (again.status_code, again.headers["Pesagate-Result"]) == (200, "accepted")
    assert len(pesagate.rows("events")) == 1


def test_questions_sent_at_once_are_answered_in_order(pesagate: Gateway) -> None:
    pesagate.start()
    with connected(pesagate.base) as wire:
        bodies = [json.dumps(c2b(f"UO{number}")).encode() for number in range(10)]
        wire.send(b"".join(request("POST", f"/hooks/{KEY}/c2b-validation", body) for body in bodies))
        assert [wire.reply().body for _ in bodies] == [ACCEPT] * 10
    assert [identity for identity, _, _ in wait_for_questions(pesagate, 10)] == [f"UO{n}" for n in range(10)]


def test_what_was_asked_before_the_end_is_recorded(pesagate: Gateway) -> None:
    pesagate.start()
    for number in range(10):
        question(pesagate, c2b(f"UEND{number}"))
    assert pesagate.stop() == 0
    assert len(recorded(pesagate)) == 10
