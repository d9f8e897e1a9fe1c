"""`raw: true`, from the callback to an unmodified Django view: the bytes as they came, and never twice blindly."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gateway_process import Gateway

from adapters.testing import Answer, Receiver

SCRIPT = Path(__file__).parents[1] / "receivers" / "django_view.py"
PAYLOADS = Path(__file__).parents[1] / "payloads"
PAID = (PAYLOADS / "stk/success.json").read_bytes()
CANCELLED = (PAYLOADS / "stk/cancelled.json").read_bytes()
# As no serialiser of ours would write it.
ODD = (
    b'\xef\xbb\xbf \r\n{"Body" :\t{"stkCallback": {"CheckoutRequestID": "ws_odd", "ResultCode": 1032, "x": 1.10E+2}}}\n'
)


@dataclass(frozen=True)
class Site:
    """A running Django site with a view for M-Pesa's callbacks."""

    url: str
    seen_file: Path

    def seen(self) -> list[Any]:
        if not self.seen_file.exists():
            return []
        return [json.loads(line) for line in self.seen_file.read_text("utf-8").splitlines()]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    port, seen = tmp_path / "port", tmp_path / "seen"
    with (tmp_path / "site.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, SCRIPT, port, seen], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            while not port.exists():
                assert process.poll() is None
                assert time.monotonic() < deadline, "the Django site did not start"
                time.sleep(0.02)
            yield Site(f"http://127.0.0.1:{port.read_text('ascii')}/mpesa/callback/", seen)
        finally:
            process.kill()
            process.wait()


def send_raw(pesagate: Gateway, url: str, **more: Any) -> None:
    pesagate.config["tenants"]["duka"]["destinations"]["erp"] |= {"url": url, "raw": True, **more}


def test_the_view_books_what_was_paid_and_hears_of_what_was_not(pesagate: Gateway, site: Site) -> None:
    send_raw(pesagate, site.url)
    pesagate.start()
    assert pesagate.post("stk", PAID).status_code == 200
    assert pesagate.post("stk", CANCELLED).status_code == 200
    pesagate.wait_for_state("delivered", 2)
    assert site.seen() == [{"amount": 1.0, "receipt": "SD25ABC9W7", "phone": 254700000000}]


@pytest.mark.parametrize("body", [PAID, CANCELLED, ODD], ids=["paid", "cancelled", "odd"])
def test_what_arrives_is_what_came_to_the_byte(pesagate: Gateway, erp: Receiver, body: bytes) -> None:
    send_raw(pesagate, erp.url)
    pesagate.start()
    assert pesagate.post("stk", body).headers["Pesagate-Result"] == "accepted"
    pesagate.wait_for_state("delivered")
    assert [request.body for request in erp.requests] == [body]
    assert erp.requests[0].headers["content-type"] == "application/json"


def crash_while_the_receiver_holds_its_answer(pesagate: Gateway, erp: Receiver) -> None:
    erp.script(Answer(delay=60))
    pesagate.start()
    assert pesagate.post("stk", PAID).status_code == 200
    erp.wait_for(1)
    pesagate.kill()
    pesagate.start()


def test_after_a_crash_it_is_not_sent_again_but_shown(pesagate: Gateway, erp: Receiver) -> None:
    send_raw(pesagate, erp.url, timeout="60s")
    crash_while_the_receiver_holds_its_answer(pesagate, erp)
    (row,) = pesagate.wait_for_state("dead")
    assert (row["reason"], row["attempts"]) == ("open_step", 1)
    time.sleep(1.5)
    assert len(erp.requests) == 1


def test_after_a_crash_it_is_sent_again_where_that_is_declared_harmless(pesagate: Gateway, erp: Receiver) -> None:
    send_raw(pesagate, erp.url, timeout="60s", idempotent=True)
    crash_while_the_receiver_holds_its_answer(pesagate, erp)
    pesagate.wait_for_state("delivered")
    assert [request.body for request in erp.requests] == [PAID, PAID]
    assert len({request.headers["webhook-id"] for request in erp.requests}) == 1


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (Answer(500), "dead", "http_500"),
        (Answer(cut="before"), "dead", "connection_cut"),
        (Answer(delay=5), "dead", "timeout"),
        (Answer(400), "dead", "http_400"),
        (Answer(429), "delivered", None),
    ],
    ids=["500", "cut", "time-out", "400", "429"],
)
def test_only_what_was_surely_not_taken_is_sent_again(
    pesagate: Gateway, erp: Receiver, answer: Answer, state: str, reason: str | None
) -> None:
    send_raw(pesagate, erp.url, timeout="1s")
    erp.script(answer)
    pesagate.start()
    pesagate.post("stk", PAID)
    (row,) = pesagate.wait_for_state(state)
    if reason is None:
        assert (row["attempts"], len(erp.requests)) == (2, 2)
    else:
        assert (row["attempts"], row["reason"], len(erp.requests)) == (1, reason, 1)
