"""Signed requests, as the reference implementation of Standard Webhooks sees them."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from adapters.http import HttpAdapter
from adapters.http.outgoing import Outgoing
from adapters.http.sign import Signer
from adapters.testing import MemoryProgress, Received, Receiver, sample_event
from gateway.domain.settings import Secret

Make = Callable[..., HttpAdapter]

OLD, NEW, OTHER = (f"whsec_{b64encode(bytes([n]) * 24).decode()}" for n in (1, 2, 3))


@pytest.fixture
def signed(receiver: Receiver, make_http: Make) -> Callable[..., Received]:
    def send(*keys: str, **settings: Any) -> Received:
        adapter = make_http(receiver.url, sign=[Secret(key) for key in keys], **settings)
        adapter.deliver(sample_event(), MemoryProgress())
        return receiver.wait_for(1)[-1]

    return send


def test_the_reference_accepts_what_was_signed(signed: Callable[..., Received]) -> None:
    received = signed(NEW)
    assert Webhook(NEW).verify(received.body, dict(received.headers)) == sample_event().as_dict()


def test_a_single_key_needs_no_list(receiver: Receiver, make_http: Make) -> None:
    make_http(receiver.url, sign=Secret(NEW)).deliver(sample_event(), MemoryProgress())
    received = receiver.requests[0]
    assert Webhook(NEW).verify(received.body, dict(received.headers))


def test_while_keys_are_changed_receivers_with_either_accept(signed: Callable[..., Received]) -> None:
    received = signed(NEW, OLD)
    for key in (NEW, OLD):
        assert Webhook(key).verify(received.body, dict(received.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(received.body, dict(received.headers))
    first = received.headers["webhook-signature"].split(" ")[0]
    assert Webhook(NEW).verify(received.body, {**received.headers, "webhook-signature": first})


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "body"])
def test_whatever_is_changed_on_the_way_is_noticed(name: str, signed: Callable[..., Received]) -> None:
    received = signed(NEW)
    headers, body = dict(received.headers), received.body
    if name == "body":
        body = body.replace(b"1500.00", b"9500.00")
    else:
        headers[name] = str(int(headers[name]) + 1) if name == "webhook-timestamp" else headers[name] + "x"
    assert (headers, body) != (received.headers, received.body)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body, headers)


def test_an_old_request_cannot_be_played_again(signed: Callable[..., Received]) -> None:
    received = signed(NEW, clock=lambda: datetime.now(UTC) - timedelta(minutes=6))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(NEW).verify(received.body, dict(received.headers))


def test_the_raw_bytes_are_what_is_signed(signed: Callable[..., Received]) -> None:
    received = signed(NEW, raw=True)
    assert Webhook(NEW).verify(received.body, dict(received.headers))["TransID"] == "UC2A1B2C3D"


def test_a_body_that_is_no_text_is_signed_too() -> None:
    outgoing = Outgoing("POST", "https://erp", {"webhook-id": "1", "webhook-timestamp": "2"}, b"\xff\x00")
    assert Signer((Secret(NEW),)).sign(outgoing).header("webhook-signature").startswith("v1,")


def test_without_keys_there_is_no_signature(receiver: Receiver, make_http: Make) -> None:
    make_http(receiver.url).deliver(sample_event(), MemoryProgress())
    assert "webhook-signature" not in receiver.requests[0].headers
    assert receiver.requests[0].headers["webhook-id"] == sample_event().id


def test_a_preview_shows_that_there_are_signatures_but_none_of_them(make_http: Make) -> None:
    (preview,) = make_http("https://erp.duka.example/", sign=[Secret(NEW), Secret(OLD)]).preview(sample_event())
    assert preview.headers["webhook-signature"] == "v1,*** v1,***"
    assert NEW.removeprefix("whsec_") not in repr(preview)
