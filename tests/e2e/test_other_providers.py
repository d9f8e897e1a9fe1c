"""Other providers by configuration alone: posted, answered, made an event, delivered once."""

import hmac
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


def add_tenant(pesagate: Gateway, name: str, number: str, key: str, **options: Any) -> None:
    tenants = pesagate.config["tenants"]
    shortcode = {"type": "paybill", "key": key, "hold_older_than": "off", **options}
    tenants[name] = {**tenants["duka"], "shortcodes": {number: shortcode}}


def test_each_tenant_has_its_own_secret_and_none_signs_for_another(
    pesagate: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bureau: one description, a secret for each business. Nobody who knows his own can sign for another."""
    configure(pesagate)
    pesagate.config["providers"]["airtel-money"].pop("hmac")
    monkeypatch.setenv("MAMA_HASH", "the key of mama")
    tenants = pesagate.config["tenants"]
    tenants["duka"]["shortcodes"]["600638"]["hmac"] = {"airtel-money": [{"env": "MAMA_HASH"}, {"env": "HASH_KEY"}]}
    keys = {"mama": "mama-key-0123456789-ABCDEFGHIJ", "baba": "baba-key-0123456789-ABCDEFGHIJ"}
    add_tenant(pesagate, "mama", "600111", keys["mama"], hmac={"airtel-money": {"env": "MAMA_HASH"}})
    add_tenant(pesagate, "baba", "600222", keys["baba"])
    pesagate.start()
    said = {
        tenant: requests.post(
            f"{pesagate.base}/hooks/{key}/airtel-money", data=body_of("airtel-money/success"), timeout=30
        )
        for tenant, key in {"duka": KEY, **keys}.items()
    }
    assert {tenant: answer.headers["Pesagate-Result"] for tenant, answer in said.items()} == {
        "duka": "accepted",
        "mama": "quarantined",
        "baba": "quarantined",
    }
    assert {row["tenant"]: (row["reason"], row["detail"]) for row in pesagate.rows("quarantine")} == {
        "mama": ("signature", "its signature is not right"),
        "baba": ("signature", "no secret is configured for its shortcode"),
    }
    # A secret that is mended, or given later, is enough.
    monkeypatch.setenv("MAMA_HASH", HASH_KEY)
    tenants["baba"]["shortcodes"]["600222"]["hmac"] = {"airtel-money": "off"}
    pesagate.stop()
    pesagate.start()
    assert [one["became"] for one in pesagate.rows("quarantine", "reprocess", "--yes")] == ["accepted"] * 2
    assert {event["tenant"] for event in pesagate.rows("events")} == {"duka", "mama", "baba"}


@pytest.mark.parametrize(("status", "reason"), [(202, "Accepted"), (204, "No Content")])
def test_a_provider_that_wants_another_status_gets_it(pesagate: Gateway, status: int, reason: str) -> None:
    configure(pesagate)
    pesagate.config["providers"]["mtn-momo"]["status"] = status
    pesagate.start()
    with requests.Session() as session:
        # On one connection, so that what follows an answer without a body is understood too.
        for body, result in ((body_of("mtn-momo/success"), "accepted"), (body_of("mtn-momo/success"), "duplicate")):
            said = session.post(f"{pesagate.base}/hooks/{KEY}/mtn-momo", data=body, timeout=30)
            assert (said.status_code, said.reason, said.headers["Pesagate-Result"]) == (status, reason, result)
            assert said.content == (b"" if status == 204 else b"{}")
        assert session.post(f"{pesagate.base}/hooks/{KEY}/mtn-momo", data=b"{", timeout=30).status_code == 400
        new_shape = session.post(f"{pesagate.base}/hooks/{KEY}/mtn-momo", data=b"{}", timeout=30)
    assert (new_shape.status_code, new_shape.headers["Pesagate-Result"]) == (status, "quarantined")
    assert send(pesagate, "vodacom-openapi/success").status_code == 200


def momo(status: str, **ids: str) -> bytes:
    body = {"externalId": "INV-1042", "amount": "5000", "currency": "UGX", "payer": {}, "status": status}
    return json.dumps(body | ids).encode()


LINKS: dict[str, dict[str, str]] = {
    "MTN's id of the money": {"financialTransactionId": "23503460"},
    "the id of the request": {"referenceId": "d4e90f52-7e4b-4f4a-9c3a-1234567890ab"},
}


@pytest.mark.parametrize("link", LINKS)
def test_a_failure_that_later_succeeds_is_resolved_where_an_id_says_so(
    pesagate: Gateway, erp: Receiver, link: str
) -> None:
    configure(pesagate)
    pesagate.config["tenants"]["duka"]["routes"] = [{"when": {"type": "*"}, "to": ["erp"]}]
    pesagate.start()
    for body in (
        momo("FAILED", **LINKS[link]),
        momo("SUCCESSFUL", **{"financialTransactionId": "23503460", **LINKS[link]}),
    ):
        said = requests.put(f"{pesagate.base}/hooks/{KEY}/mtn-momo", data=body, timeout=30)
        assert said.headers["Pesagate-Result"] == "accepted"
    failed, paid = pesagate.rows("events")
    assert (failed["type"], paid["type"]) == ("payment.failed", "payment.succeeded")
    assert (paid["supersedes"], paid["payment_id"]) == (failed["id"], failed["payment_id"])
    assert (failed["receipt"], paid["receipt"]) == (None, "23503460")
    pesagate.wait_for_state("delivered", 2)
    assert "a payment that had failed has now succeeded" in {line["event"] for line in pesagate.log_lines()}


@pytest.mark.parametrize(("keys", "payments"), [({}, 2), ({"originator": "externalId"}, 1)])
def test_without_such_an_id_only_one_who_never_uses_an_external_id_twice_may_link_by_it(
    pesagate: Gateway, keys: dict[str, str], payments: int
) -> None:
    configure(pesagate)
    if keys:
        pesagate.config["providers"]["mtn-momo"]["keys"] = keys
    pesagate.start()
    for body in (momo("FAILED"), momo("SUCCESSFUL", financialTransactionId="23503460")):
        said = requests.post(f"{pesagate.base}/hooks/{KEY}/mtn-momo", data=body, timeout=30)
        assert said.headers["Pesagate-Result"] == "accepted"
    failed, paid = pesagate.rows("events")
    assert len({failed["payment_id"], paid["payment_id"]}) == payments
    assert paid["supersedes"] == (failed["id"] if keys else None)


def test_the_parts_of_one_invoice_are_payments_of_their_own(pesagate: Gateway) -> None:
    configure(pesagate)
    pesagate.start()
    for number in ("1", "2"):
        body = momo("SUCCESSFUL", financialTransactionId=number)
        said = requests.post(f"{pesagate.base}/hooks/{KEY}/mtn-momo", data=body, timeout=30)
        assert said.headers["Pesagate-Result"] == "accepted"
    assert {(event["receipt"], event["account_reference"]) for event in pesagate.rows("events")} == {
        ("1", "INV-1042"),
        ("2", "INV-1042"),
    }


def test_a_kind_that_is_signed_in_a_header_can_be_tried(pesagate: Gateway) -> None:
    configure(pesagate)
    signed = {"header": "X-Signature", "secret": {"env": "HASH_KEY"}}
    pesagate.config["providers"]["mtn-momo"]["hmac"] = signed
    pesagate.start()
    body = body_of("mtn-momo/success")
    file = pesagate.folder / "body.json"
    file.write_bytes(body)
    digest = hmac.new(HASH_KEY.encode(), body, "sha256").hexdigest()

    def tried(*headers: str) -> Any:
        options = [part for each in headers for part in ("--header", each)]
        done = pesagate.run("try", str(file), "--shortcode", "600638", "--kind", "mtn-momo", "--json", *options)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        return told["quarantine"]["detail"] if told["quarantine"] else told["event"]["receipt"]

    assert tried("Accept: */*", f"x-signature:{digest.upper()}") == "23503452"
    assert tried(f"X-Signature: {digest[:-1]}") == "its signature is not right"
    assert tried() == "it bears no signature"
    refused = pesagate.run("try", str(file), "--shortcode", "600638", "--kind", "mtn-momo", "--header", digest)
    assert refused.returncode == 2
    assert "number 1 is no header: it has to look like 'X-Signature: abc'" in refused.stderr
    assert digest not in refused.stderr


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


SIGNED = {
    "schema": {"type": "object", "required": ["id", "state"]},
    "identity": "id",
    "keys": {"receipt": "receipt"},
    "outcome": {"from": "state", "table": {"PAID": "succeeded"}},
    "fields": {"amount": "paid", "shortcode": "till", "receipt": "receipt"},
    "hmac": {"header": "X-Signature", "secret": "the key of the provider"},
}
BOUGHT = {"id": "7", "state": "PAID", "paid": "12.50", "asked": "13.00", "receipt": "R7", "till": "600222"}


def send_signed(pesagate: Gateway, secret: str) -> requests.Response:
    body = json.dumps(BOUGHT).encode()
    headers = {"X-Signature": hmac.digest(secret.encode(), body, "sha256").hex()}
    return requests.post(f"{pesagate.base}/hooks/{KEY}/mobipay", data=body, headers=headers, timeout=30)


def test_a_signed_body_that_names_another_shortcode_goes_there_with_the_signature_of_its_hook(
    pesagate: Gateway,
) -> None:
    """It was looked at with the secret of the shortcode that it names, which its sender does not have."""
    pesagate.config["providers"] = {"mobipay": SIGNED}
    shortcodes = pesagate.config["tenants"]["duka"]["shortcodes"]
    shortcodes["600638"]["hmac"] = {"mobipay": "the key of 600638"}
    pesagate.start()
    send_signed(pesagate, "the key of 600638")
    send_signed(pesagate, "the key of nobody")
    (row,) = pesagate.rows("quarantine")
    assert (row["reason"], row["seen"]) == ("foreign_shortcode", 2)
    shortcodes["600222"] = {"type": "paybill", "key": "her-key-0123456789-ABCDEFGHIJK", "hmac": {"mobipay": "hers"}}
    pesagate.write()
    assert [one["became"] for one in pesagate.rows("quarantine", "reprocess", "--yes")] == ["accepted"]
    assert [event["shortcode"] for event in pesagate.rows("events")] == ["600222"]


def test_bytes_that_come_again_after_they_were_taken_may_tell_other_facts_by_now(pesagate: Gateway) -> None:
    """The store refused them for ever: they bore the number of the callback that they had become before."""
    pesagate.config["providers"] = {"mobipay": SIGNED | {"hmac": False}}
    shortcodes = pesagate.config["tenants"]["duka"]["shortcodes"]
    shortcodes["600222"] = {"type": "paybill", "key": "her-key-0123456789-ABCDEFGHIJK"}
    pesagate.start()

    def taken_again() -> list[str]:
        assert send_signed(pesagate, "").headers["Pesagate-Result"] == "quarantined"
        return [one["became"] for one in pesagate.rows("quarantine", "reprocess", "--yes")]

    assert taken_again() == ["accepted"]
    assert taken_again() == ["duplicate"]
    pesagate.config["providers"]["mobipay"]["fields"] = SIGNED["fields"] | {"amount": "asked"}
    pesagate.write()
    assert taken_again() == ["conflict"]
    assert taken_again() == ["duplicate"]
    assert [event["amount"] for event in pesagate.rows("events")] == ["12.50"]
