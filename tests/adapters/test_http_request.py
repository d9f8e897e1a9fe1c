"""What is sent: body, headers, envelope, raw bytes; and what a preview shows of it."""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.http import HttpAdapter
from adapters.testing import MemoryProgress, Received, Receiver, sample_event
from gateway import __version__
from gateway.domain.event import Event, Party, Raw
from gateway.domain.settings import Secret

Make = Callable[..., HttpAdapter]
Send = Callable[..., Received]

NOW = datetime(2026, 3, 2, 6, 30, 8, 900_000, tzinfo=UTC)


@pytest.fixture
def send(receiver: Receiver, make_http: Make) -> Send:
    """Delivers an event with the given settings and returns what the receiver got."""

    def deliver(event: Event, **settings: Any) -> Received:
        make_http(receiver.url + "/payments", clock=lambda: NOW, **settings).deliver(event, MemoryProgress())
        return receiver.wait_for(1)[-1]

    return deliver


def test_the_body_is_the_event_as_json(send: Send) -> None:
    event = sample_event()
    received = send(event)
    assert (received.method, received.path) == ("POST", "/payments")
    assert json.loads(received.body) == event.as_dict()


def test_every_header(send: Send) -> None:
    event = sample_event()
    received = send(event, headers={"X-Branch": "head-office"})
    host = received.headers["host"]
    assert host.startswith("127.0.0.1:")
    assert received.headers == {
        "host": host,
        "content-type": "application/json",
        "content-length": str(len(received.body)),
        "user-agent": f"pesagate/{__version__}",
        "accept-encoding": "identity",
        "idempotency-key": event.id,
        "webhook-id": event.id,
        "webhook-timestamp": str(math.floor(NOW.timestamp())),
        "x-branch": "head-office",
    }


def test_balances_and_raw_come_only_when_asked_for(send: Send, receiver: Receiver) -> None:
    event = sample_event()
    sizes = {}
    for parts in ((), ("balances",), ("raw",), ("raw", "balances")):
        sizes[parts] = json.loads(send(event, include=list(parts)).body)
    assert {parts: sorted({"raw", "balances"} & set(body)) for parts, body in sizes.items()} == {
        (): [],
        ("balances",): ["balances"],
        ("raw",): ["raw"],
        ("raw", "balances"): ["balances", "raw"],
    }
    assert sizes[("raw",)]["raw"] == '{"TransID": "UC2A1B2C3D",  "TransAmount": "1500.00"}\n'
    assert sizes[("balances",)]["balances"] == {"organisation": "98100.00"}


@pytest.mark.parametrize(
    ("overrides", "timestamp"),
    [({}, "2026-03-02T09:30:05+03:00"), ({"occurred_at": None}, "2026-03-02T09:30:07+03:00")],
)
def test_the_standard_envelope(overrides: dict[str, Any], timestamp: str, send: Send) -> None:
    event = sample_event(**overrides)
    assert json.loads(send(event, envelope="standard").body) == {
        "type": "payment.succeeded",
        "timestamp": timestamp,
        "data": event.as_dict(),
    }


@pytest.mark.parametrize("name", ["Wanjikũ wa Njoroge", "\u2028 \x00 \x7f", "half a pair \ud83d", "😀"])
def test_any_name_arrives_as_it_was(name: str, send: Send) -> None:
    received = send(sample_event(payer=Party(msisdn="254712345678", name=name)))
    assert json.loads(received.body)["payer"]["name"] == name


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{ "a" :1.0 ,"b": "\xc3\xa9" }\r\n', "application/json; charset=UTF-8"),
        (b"\xef\xbb\xbf{}", "text/plain"),
        (bytes(range(256)), "application/octet-stream"),
        (b'{"a": 1}', "application/json;profile=\xe9"),
    ],
)
def test_raw_bytes_arrive_byte_for_byte(body: bytes, content_type: str, idempotent: bool, send: Send) -> None:
    event = sample_event(raw=Raw(body, content_type))
    received = send(event, raw=True, idempotent=idempotent)
    assert received.body == body
    assert received.headers["content-type"] == content_type
    assert received.headers["content-length"] == str(len(body))
    assert received.headers["webhook-id"] == received.headers["idempotency-key"] == event.id


def test_raw_bytes_that_came_without_a_type_go_without_one(send: Send) -> None:
    assert "content-type" not in send(sample_event(raw=Raw(b"{}", "")), raw=True).headers


def test_a_replay_renders_the_same_body_with_a_new_time(receiver: Receiver, make_http: Make) -> None:
    times = iter([NOW, NOW, NOW.replace(hour=7), NOW])
    adapter = make_http(receiver.url, clock=lambda: next(times))
    for attempt in (1, 2):
        adapter.deliver(sample_event(), MemoryProgress(attempt=attempt))
    first, second = receiver.requests
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 3600


def test_a_preview_shows_what_would_be_sent(send: Send, receiver: Receiver, make_http: Make) -> None:
    event, auth = sample_event(), {"bearer": Secret("tok-1")}
    adapter = make_http(receiver.url + "/payments?key=1", clock=lambda: NOW, auth=auth, envelope="standard")
    (preview,) = adapter.preview(event)
    received = send(event, auth=auth, envelope="standard")
    assert preview.title == f"POST {receiver.url}/payments?***"
    assert json.loads(preview.body) == json.loads(received.body)
    shown = {name.lower(): value for name, value in preview.headers.items()}
    sent = {**received.headers, "authorization": "***"}
    del sent["host"]
    assert shown == sent


def test_a_preview_of_raw_bytes_shows_them(make_http: Make) -> None:
    adapter = make_http("http://erp.duka.example/mpesa", raw=True)
    (preview,) = adapter.preview(sample_event(raw=Raw(b'{"a":  1}\xff', "application/json")))
    assert (preview.title, preview.body) == ("POST http://erp.duka.example/mpesa", '{"a":  1}\ufffd')


def test_a_preview_says_that_raw_bytes_are_gone(make_http: Make) -> None:
    (preview,) = make_http("http://erp.duka.example/mpesa", raw=True).preview(sample_event(raw=None))
    assert preview.body == "The callback's own bytes, which `raw: true` sends, are no longer kept."
