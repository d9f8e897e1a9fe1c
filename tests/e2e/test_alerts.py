"""Alerts as they arrive: by a real mail server and a real http receiver, each thing that a person is told of."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from gateway_process import Gateway, configuration, free_port, gateway
from simulated import c2b, stk

from adapters.testing import Answer, Receiver
from gateway.domain.times import NAIROBI, utc_now

PAYER = ("254708374149", "708374149", "2547 ***** 126", "JOHN")


class Mailbox:
    """A mail server on a loopback port that keeps what it gets."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.messages.append(message_from_bytes(envelope.content))
        return "250 OK"

    @property
    def server(self) -> str:
        return f"127.0.0.1:{self._controller.port}"

    def __enter__(self) -> "Mailbox":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as made:
        yield made


@pytest.fixture
def chat() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def told(chat: Receiver, refused: int = 0) -> dict[tuple[str, str | None, str], int]:
    """Return how often each thing was told, over all messages that were taken: the first ones were `refused`."""
    found: dict[tuple[str, str | None, str], int] = {}
    for request in chat.requests[refused:]:
        for one in json.loads(request.body)["alerts"]:
            key = (one["alert"], one["tenant"], one["what"])
            found[key] = found.get(key, 0) + one["count"]
    return found


def wait(until: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def desks(pesagate: Gateway, number: int) -> None:
    """Wait until so many targets are known: they are told of what happens from then on."""

    def known() -> bool:
        with closing(sqlite3.connect(pesagate.folder / "pesagate.db", timeout=20)) as connection:
            rows = connection.execute("SELECT count(*) FROM meta WHERE key LIKE 'alerts:%'").fetchone()
        return bool(rows[0] == number)

    wait(known)


def test_each_thing_is_told_once_to_whom_it_concerns_and_a_target_that_is_down_hears_it_later(
    tmp_path: Path, erp: Receiver, chat: Receiver, mailbox: Mailbox
) -> None:
    config = configuration(free_port(), erp.url, hold_older_than="7d")
    config["alerts"] = {
        "every": "1s",
        "disk_below": "999999GiB",
        "mail": {"server": mailbox.server, "from": "pesagate@bureau.example", "tls": "none"},
        "to": [
            {"url": f"{chat.url}/hook", "bearer": "token-of-the-chat"},
            {"mail": "accounts@duka.example", "tenant": "duka", "on": ["dead_letter", "parked", "disk_low"]},
        ],
    }
    # The first message finds the chat out of order.
    chat.script(Answer(503))
    with gateway(tmp_path / "alerting", config) as pesagate:
        pesagate.start()
        assert "alerting" in pesagate.children()
        desks(pesagate, 2)
        erp.script(Answer(400), Answer(400))
        now = f"{utc_now().astimezone(NAIROBI):%Y%m%d%H%M%S}"
        for receipt in ("UDEAD1", "UDEAD2"):
            pesagate.post("c2b-confirmation", c2b(receipt, TransTime=now))
        pesagate.wait_for_state("dead", 2)
        pesagate.post("c2b-confirmation", c2b("UDEAD1", TransTime=now, amount="9.00"))
        pesagate.post("c2b-confirmation", c2b("UFOREIGN", shortcode="999999"))
        old = f"{utc_now().astimezone(NAIROBI) - timedelta(days=8):%Y%m%d%H%M%S}"
        pesagate.post("c2b-confirmation", c2b("UOLD", TransTime=old))
        pesagate.post("stk", stk("ws_1", code=1032))
        pesagate.post("stk", stk("ws_1", "UAFTER"))
        assert pesagate.run("destinations", "park", "erp").returncode == 0
        expected = {
            ("dead_letter", "duka", "erp"): 2,
            ("conflict", "duka", "600638"): 1,
            ("quarantine", "duka", "600638"): 1,
            ("resolved", "duka", "600638"): 1,
            ("parked", "duka", "erp"): 1,
            ("disk_low", None, "the store"): 1,
        }
        wait(lambda: expected.keys() <= told(chat, refused=1).keys() and len(mailbox.messages) >= 1)
        wait(lambda: "parked" in "".join(str(one["Subject"]) for one in mailbox.messages))
        seen = told(chat, refused=1)
        # What was in the refused message comes once more, and what goes on may have been told again since.
        assert {**seen, ("disk_low", None, "the store"): 1} == {**expected, ("review", "duka", "erp"): 1}
        assert all(request.headers["authorization"] == "Bearer token-of-the-chat" for request in chat.requests)
        # A crash of the process that tells, and of everything: nothing is told again, nor forgotten.
        before = len(chat.requests)
        pesagate.kill()
        pesagate.start()
        pesagate.post("c2b-confirmation", c2b("UFOREIGN2", shortcode="999999"))
        wait(lambda: told(chat, refused=1)["quarantine", "duka", "600638"] == 2)
        assert [json.loads(one.body)["alerts"][0]["alert"] for one in chat.requests[before:]] == ["quarantine"]
        assert pesagate.stop() == 0
        log = pesagate.log.read_text("utf-8")
    mails = [(one["To"], one["Subject"], one.get_payload()) for one in mailbox.messages]
    assert {to for to, _, _ in mails} == {"accounts@duka.example"}
    assert all("disk" not in str(subject) and "conflict" not in str(subject) for _, subject, _ in mails)
    everything = "\n".join([*(request.body.decode() for request in chat.requests), *map(str, mails)])
    assert [word for word in (*PAYER, "UDEAD1", "1500", "INV-1042") if word in everything] == []
    assert (chat.url in log, "token-of-the-chat" in log, "an alert could not be sent" in log) == (False, False, True)


def test_a_target_that_hangs_holds_up_neither_callbacks_nor_deliveries(tmp_path: Path, erp: Receiver) -> None:
    with Receiver() as chat:
        chat.default = Answer(delay=30)
        config = configuration(free_port(), erp.url)
        config["alerts"] = {"every": "1s", "disk_below": "999999GiB", "to": [{"url": chat.url}]}
        with gateway(tmp_path / "hanging", config) as pesagate:
            pesagate.start()
            chat.wait_for(1, 60)
            assert pesagate.post("c2b-confirmation", c2b("UQUICK")).status_code == 200
            pesagate.wait_for_state("delivered")
            assert pesagate.stop() == 0
