"""A gateway with a refresh token that rotates: across restarts, and killed in the middle of a renewal."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from gateway_process import Gateway
from simulated import c2b

from adapters.testing import Answer, Receiver


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENT_SECRET", "s3cret-hidden")
    monkeypatch.setenv("REFRESH_TOKEN", "refresh-hidden-0")


@pytest.fixture
def provider() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def token(name: str, refresh: str, delay: float = 0.0) -> Answer:
    document = {"access_token": name, "refresh_token": refresh, "expires_in": 3600, "token_type": "bearer"}
    return Answer(200, json.dumps(document).encode(), delay=delay)


def refreshed(provider: Receiver) -> list[str]:
    return [parse_qs(received.body.decode())["refresh_token"][0] for received in provider.requests]


def with_refresh_token(pesagate: Gateway, provider: Receiver) -> Gateway:
    destination = pesagate.config["tenants"]["duka"]["destinations"]["erp"]
    destination["timeout"] = "3s"
    destination["retry"] = {"schedule": ["1s"] * 40, "jitter": "0%"}
    destination["auth"] = {
        "oauth2_refresh_token": {
            "token_url": f"{provider.url}/token",
            "client_id": "pesagate",
            "client_secret": {"env": "CLIENT_SECRET"},
            "refresh_token": {"env": "REFRESH_TOKEN"},
        }
    }
    return pesagate


def test_a_restart_goes_on_with_the_token_that_is_kept(pesagate: Gateway, provider: Receiver, erp: Receiver) -> None:
    erp.script(Answer(), Answer(401))
    provider.script(token("a1-hidden", "refresh-hidden-1"), token("a2-hidden", "refresh-hidden-2"))
    with_refresh_token(pesagate, provider).start()
    assert pesagate.post("c2b-confirmation", c2b("UC2A1B2C01")).status_code == 200
    pesagate.wait_for_state("delivered", 1)
    assert pesagate.stop() == 0
    pesagate.start()
    assert pesagate.post("c2b-confirmation", c2b("UC2A1B2C02")).status_code == 200
    pesagate.wait_for_state("delivered", 2)
    assert refreshed(provider) == ["refresh-hidden-0", "refresh-hidden-1"]
    sent = [received.headers["authorization"].removeprefix("Bearer ") for received in erp.requests]
    assert sent == ["a1-hidden", "a1-hidden", "a2-hidden"]
    told = pesagate.log.read_text("utf-8") + json.dumps(pesagate.rows("deliveries"))
    assert "hidden" not in told


def test_killed_between_the_answer_and_the_commit_a_person_is_told(pesagate: Gateway, provider: Receiver) -> None:
    provider.script(token("a1", "refresh-1", delay=1.5))
    provider.default = Answer(400, b'{"error": "invalid_grant"}')
    with_refresh_token(pesagate, provider).start()
    assert pesagate.post("c2b-confirmation", c2b("UC2A1B2C03")).status_code == 200
    provider.wait_for(1)
    pesagate.kill([pesagate.children()["delivery"]])
    (delivery,) = pesagate.wait_for_state("dead", 1, seconds=60)
    assert delivery["reason"] == "auth_lost"
    story = pesagate.run("explain", "UC2A1B2C03").stdout
    assert "was cut off before its new one was stored" in " ".join(story.split())
    assert set(refreshed(provider)) == {"refresh-hidden-0"}
