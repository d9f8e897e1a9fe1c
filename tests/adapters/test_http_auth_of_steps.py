"""Credentials and signatures where a destination has steps: to whom they go, when they are got, what is asked live."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from standardwebhooks import Webhook

from adapters.http import HttpAdapter
from adapters.testing import Answer, MemoryProgress, MemoryVault, Receiver, sample_event
from gateway.domain.delivery import AttemptResult
from gateway.domain.settings import Secret

Make = Callable[..., HttpAdapter]

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DELIVERED, RETRY = AttemptResult.DELIVERED, AttemptResult.RETRY


@pytest.fixture
def provider() -> Iterator[Receiver]:
    with Receiver() as running:
        running.default = Answer(200, b'{"access_token": "a1"}')
        yield running


@pytest.fixture
def oauth(provider: Receiver) -> Mapping[str, Any]:
    return {
        "oauth2_client_credentials": {
            "token_url": f"{provider.url}/token",
            "client_id": "pesagate",
            "client_secret": Secret("s3cret"),
        }
    }


def found(**document: Any) -> Answer:
    return Answer(200, json.dumps(document).encode(), {"Content-Type": "application/json"})


def test_neither_credential_nor_signature_go_to_another_address(receiver: Receiver, make_http: Make) -> None:
    with Receiver() as other:
        steps = [
            {"name": "rate", "get": f"{other.url}/rate"},
            {"name": "book", "post": "/payments", "body": {"receipt": "{{ receipt }}"}},
        ]
        adapter = make_http(receiver.url, steps=steps, auth={"bearer": Secret("tok-1")}, sign=Secret(KEY))
        assert adapter.deliver(sample_event(), MemoryProgress()).result is DELIVERED
        (there,), (here,) = other.requests, receiver.requests
    assert not {"authorization", "webhook-signature"} & set(there.headers)
    assert here.headers["authorization"] == "Bearer tok-1"
    first, second = adapter.preview(sample_event())
    assert "Authorization" not in first.headers
    assert second.headers["Authorization"] == "***"


def test_each_step_is_signed_over_what_it_sends(receiver: Receiver, make_http: Make) -> None:
    receiver.script(found(move=None))
    steps = [
        {"name": "find", "get": "/payments", "save": {"move": "body.move"}},
        {"name": "book", "unless": "move", "post": "/payments", "body": {"receipt": "{{ receipt }}"}},
    ]
    adapter = make_http(receiver.url, steps=steps, sign=Secret(KEY))
    assert adapter.deliver(sample_event(), MemoryProgress()).result is DELIVERED
    asked, booked = receiver.requests
    Webhook(KEY).verify(asked.body, dict(asked.headers), json_parse=False)
    assert Webhook(KEY).verify(booked.body, dict(booked.headers)) == {"receipt": "UC2A1B2C3D"}


def test_what_must_not_be_repeated_is_not_begun_without_a_token(
    receiver: Receiver, provider: Receiver, oauth: Mapping[str, Any], make_http: Make
) -> None:
    """Begun and not sent, it would be an unknown end, and a dead letter, for nothing."""
    steps = [{"name": "book", "post": "/payments", "body": {"receipt": "{{ receipt }}"}}]
    adapter = make_http(receiver.url, steps=steps, auth=oauth)
    provider.script(Answer(503))
    progress = MemoryProgress()
    verdict = adapter.deliver(sample_event(), progress)
    assert (verdict.result, verdict.reason) == (RETRY, "auth_unavailable")
    assert [what for what, _ in progress.log if what == "begin"] == []
    progress.settle(verdict)
    assert adapter.deliver(sample_event(), progress).result is DELIVERED
    assert len(receiver.requests) == 1


def test_a_step_that_is_refused_for_its_token_is_sent_once_more(
    receiver: Receiver, provider: Receiver, oauth: Mapping[str, Any], make_http: Make
) -> None:
    """401 says that it was not taken: this is no repetition."""
    provider.script(Answer(200, b'{"access_token": "old"}'))
    receiver.script(Answer(401))
    steps = [{"name": "book", "post": "/payments", "body": {"receipt": "{{ receipt }}"}}]
    assert (
        make_http(receiver.url, steps=steps, auth=oauth).deliver(sample_event(), MemoryProgress()).result is DELIVERED
    )
    assert [received.headers["authorization"] for received in receiver.requests] == ["Bearer old", "Bearer a1"]
    assert len({received.body for received in receiver.requests}) == 1


def test_a_live_check_tries_the_client_s_credentials(
    receiver: Receiver, provider: Receiver, oauth: Mapping[str, Any], make_http: Make
) -> None:
    assert list(make_http(receiver.url, auth=oauth).check(live=True)) == []
    provider.default = Answer(401, b'{"error": "invalid_client"}')
    (said,) = make_http(receiver.url, auth=oauth).check(live=True)
    assert said == "The token endpoint 127.0.0.1 refused (invalid_client); nothing was sent. Look at `auth`."


def test_a_live_check_uses_no_refresh_token_up(
    receiver: Receiver, provider: Receiver, oauth: Mapping[str, Any], make_http: Make
) -> None:
    """Outside of delivery the next one could not be kept."""
    given = {**oauth["oauth2_client_credentials"], "refresh_token": Secret("refresh-0")}
    adapter = make_http(receiver.url, auth={"oauth2_refresh_token": given})
    assert list(adapter.check(live=True)) == []
    assert provider.requests == receiver.requests == []
    adapter.keep_in(MemoryVault())
    assert adapter.deliver(sample_event(), MemoryProgress()).result is DELIVERED


def test_credentials_in_the_body_of_json_rpc(receiver: Receiver, make_http: Make) -> None:
    """Odoo up to 18 takes database, user and key as arguments of each call."""
    key = 'k"ey-hidden'
    arguments = ["prod", 2, "{{ secrets.api_key }}", "account.payment", "create", [{"memo": "{{ receipt }}"}]]
    body = {
        "jsonrpc": "2.0",
        "method": "call",
        "params": {"service": "object", "method": "execute_kw", "args": arguments},
    }
    receiver.default = found(jsonrpc="2.0", error={"message": f"Access Denied for {key}"})
    adapter = make_http(f"{receiver.url}/jsonrpc", body=body, secrets={"api_key": Secret(key)})
    verdict = adapter.deliver(sample_event(), MemoryProgress())
    sent = json.loads(receiver.requests[0].body)["params"]["args"]
    assert sent == ["prod", 2, key, "account.payment", "create", [{"memo": "UC2A1B2C3D"}]]
    told = repr([verdict, adapter.preview(sample_event()), adapter, adapter.check()])
    assert "hidden" not in told
    assert '"***"' in adapter.preview(sample_event())[0].body
