"""Other providers by configuration alone: posted, answered, made an event, delivered once."""

import json
from typing import Any

import pytest
import requests
from corpus import body_of
from declared import HASH_KEY, RECIPES
from gateway_process import KEY, Gateway

from adapters.testing import Receiver


def send(pesagate: Gateway, name: str, method: str = "POST") -> requests.Response:
    kind = name.partition("/")[0]
    return requests.request(method, f"{pesagate.base}/hooks/{KEY}/{kind}", data=body_of(name), timeout=30)


def configure(pesagate: Gateway) -> None:
    pesagate.config["providers"] = json.loads(json.dumps(RECIPES))


@pytest.fixture(autouse=True)
def hash_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASH_KEY", HASH_KEY)


EXPECTED: dict[str, tuple[Any, ...]] = {
    "mtn-momo/success": ("5000.00", "UGX", "23503452", "INV-1042"),
    "airtel-money/success": (None, None, "MP210603.1234.L06941", "INV10420001"),
    "vodacom-openapi/success": (None, None, "hv9ahxcg1q3p", "INV1042"),
}


def test_each_provider_is_delivered_once(pesagate: Gateway, erp: Receiver) -> None:
    configure(pesagate)
    pesagate.start()
    urls = {row["kind"] for row in pesagate.rows("urls")}
    assert set(RECIPES) < urls
    for name in EXPECTED:
        assert send(pesagate, name).headers["Pesagate-Result"] == "accepted"
        assert send(pesagate, name).headers["Pesagate-Result"] == "duplicate"
    pesagate.wait_for_state("delivered", 3)
    got = {one["kind"]: one for one in (json.loads(request.body) for request in erp.requests)}
    assert len(erp.requests) == 3
    for name, expected in EXPECTED.items():
        event = got[name.partition("/")[0]]
        assert tuple(event[key] for key in ("amount", "currency", "receipt", "account_reference")) == expected
        assert event["type"] == "payment.succeeded"


def test_the_answers_are_what_the_providers_want(pesagate: Gateway) -> None:
    configure(pesagate)
    pesagate.start()
    for _ in ("first", "again"):
        answer = send(pesagate, "vodacom-openapi/mozambique")
        assert answer.status_code == 200
        assert answer.json()["output_ThirdPartyConversationID"] == "INV1043"
        assert answer.json()["output_OriginalConversationID"] == "4f1b2c6e5d3a4b7c8e9f0a1b2c3d4e5f"
    assert send(pesagate, "mtn-momo/success").json() == {}


def test_mtn_may_put_and_the_others_may_not(pesagate: Gateway) -> None:
    configure(pesagate)
    pesagate.start()
    assert send(pesagate, "mtn-momo/success", "PUT").headers["Pesagate-Result"] == "accepted"
    assert send(pesagate, "mtn-momo/success", "POST").headers["Pesagate-Result"] == "duplicate"
    refused = send(pesagate, "mtn-momo/success", "DELETE")
    assert (refused.status_code, refused.headers["Allow"], refused.json()) == (
        405,
        "POST, PUT",
        {"error": "only POST or PUT"},
    )
    assert (send(pesagate, "airtel-money/success", "PUT").status_code, pesagate.rows("quarantine")) == (405, [])


def test_a_wrong_signature_is_kept_and_taken_once_the_key_is_right(
    pesagate: Gateway, erp: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(pesagate)
    monkeypatch.setenv("HASH_KEY", "the key before it was changed")
    pesagate.start()
    answer = send(pesagate, "airtel-money/success")
    assert (answer.status_code, answer.headers["Pesagate-Result"]) == (200, "quarantined")
    send(pesagate, "airtel-money/wrong_hash")
    assert pesagate.rows("events") == []
    monkeypatch.setenv("HASH_KEY", HASH_KEY)
    pesagate.stop()
    pesagate.start()
    assert sorted(row["became"] for row in pesagate.rows("quarantine", "reprocess", "--yes")) == [
        "accepted",
        "still set aside: signature",
    ]
    pesagate.wait_for_state("delivered")
    assert [json.loads(request.body)["receipt"] for request in erp.requests] == ["MP210603.1234.L06941"]


def test_what_came_before_its_provider_was_described_becomes_an_event_once(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.start()
    for _ in range(3):
        assert send(pesagate, "mtn-momo/success").headers["Pesagate-Result"] == "quarantined"
    (row,) = pesagate.rows("quarantine")
    assert (row["reason"], row["seen"]) == ("unknown_kind", 3)
    pesagate.stop()
    configure(pesagate)
    pesagate.start()
    assert [one["became"] for one in pesagate.rows("quarantine", "reprocess", "--yes")] == ["accepted"]
    assert pesagate.rows("quarantine", "reprocess", "--yes") == []
    pesagate.wait_for_state("delivered")
    (event,) = pesagate.rows("events")
    assert event["received_at"] == row["received_at"]
    assert send(pesagate, "mtn-momo/success").headers["Pesagate-Result"] == "duplicate"
    assert len(erp.requests) == 1


def test_a_shape_that_is_new_becomes_an_event_once_its_schema_knows_it(pesagate: Gateway, erp: Receiver) -> None:
    configure(pesagate)
    pesagate.config["providers"]["mtn-momo"]["schema"] = {"required": ["note"]}
    pesagate.start()
    send(pesagate, "mtn-momo/success")
    (row,) = pesagate.rows("quarantine")
    assert row["reason"] == "new_shape"
    pesagate.stop()
    configure(pesagate)
    pesagate.start()
    assert [one["became"] for one in pesagate.rows("quarantine", "reprocess", "--yes")] == ["accepted"]
    pesagate.wait_for_state("delivered")
    assert len(erp.requests) == 1
