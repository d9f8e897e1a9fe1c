"""The API of a running gateway, as programs use it: pages, stories, replays, and nothing of anybody else's."""

import base64
import json
from collections.abc import Iterator

import pytest
import requests
from gateway_process import Gateway
from jsonschema import Draft202012Validator
from people import NAME, PHONE, ask, serving, token, wait_for
from simulated import c2b

from adapters.testing import Receiver
from adapters.testing.receiver import Answer
from gateway.domain.settings import Secret
from gateway.server.api.openapi import document
from gateway.server.api.operations import OPERATIONS
from gateway.store import audit
from gateway.store.page import WHOLE
from gateway.store.prepare import existing
from gateway.store.queries import reading

LISTS = ("/payments", "/deliveries", "/quarantine", "/conflicts", "/destinations")


@pytest.fixture(scope="module")
def erp_down(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose destinations refuse everything: all deliveries are dead."""
    with Receiver() as erp:
        erp.script(*[Answer(422)] * 2)
        with serving(tmp_path_factory.mktemp("people"), erp.url) as made:
            wait_for(lambda: len(ask(made, "/deliveries?state=dead").json()["data"]) == 2)
            yield made


def fits(schema: str, told: object) -> list[str]:
    whole = {"$ref": f"#/components/schemas/{schema}", "components": document()["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(told)]


def test_every_list_is_as_the_document_says_and_shows_no_payer(erp_down: Gateway) -> None:
    schemas = {each.path: each.gives for each in OPERATIONS}
    for path in LISTS:
        said = ask(erp_down, path)
        assert said.status_code == 200
        assert len(said.json()["data"]) == 2, path
        assert fits(schemas[path], said.json()) == []
        assert PHONE not in said.text
        assert NAME not in said.text


def test_events_are_read_on_from_the_cursor(erp_down: Gateway) -> None:
    first = ask(erp_down, "/events?limit=1").json()
    second = ask(erp_down, f"/events?limit=1&after={first['next']}").json()
    end = ask(erp_down, f"/events?after={second['next']}").json()

    assert fits("events", first) == []
    assert [each["receipt"] for each in (*first["data"], *second["data"])] == ["UKO41DUKA1", "UKO41SOKO1"]
    assert (first["more"], end["data"], end["next"], end["more"]) == (True, [], second["next"], False)
    assert first["data"][0]["payer"]["msisdn"] == PHONE


def test_a_payment_is_found_by_what_people_know_of_it(erp_down: Gateway) -> None:
    (known,) = ask(erp_down, "/payments?receipt=UKO41DUKA1").json()["data"]
    story = ask(erp_down, "/payments/UKO41DUKA1").json()

    assert known["phone"] == "…149"
    assert known["deliveries"] == {"dead": 1}
    assert story["payments"] == ask(erp_down, f"/payments/{known['payment_id']}").json()["payments"]
    assert len(story["payments"][0]["callbacks"]) == 2
    assert fits("story", story) == []
    for query in ("phone_ends=149", f"amount={known['amount']}", f"reference={known['account_reference']}"):
        assert len(ask(erp_down, f"/payments?{query}").json()["data"]) == 2, query
    for query in (
        "phone_ends=777",
        "amount=1",
        "reference=nobody",
        "outcome=failed",
        "state=delivered",
        "until=2001-01-01",
    ):
        assert ask(erp_down, f"/payments?{query}").json()["data"] == [], query


def test_a_token_sees_its_own_tenants_only(erp_down: Gateway) -> None:
    for path in ("/events", *LISTS):
        assert {each["tenant"] for each in ask(erp_down, path, "duka").json()["data"]} == {"duka"}, path


def test_what_is_anothers_is_answered_as_what_is_not_there(erp_down: Gateway) -> None:
    (foreign,) = ask(erp_down, "/payments?tenant=soko").json()["data"]
    (row,) = ask(erp_down, "/quarantine?tenant=soko").json()["data"]
    here = {"id": foreign["payment_id"], "row": row["id"], "tenant": "soko", "destination": "erp"}
    nowhere = {"id": "UKO41NOONE", "row": "7", "tenant": "nobody", "destination": "erp"}
    for operation in OPERATIONS:
        said = []
        for names in (here, nowhere):
            body = {"tenant": names["tenant"], "names": [names["id"]]} if operation.takes == "replay" else {}
            body = {"ids": [names["row"]]} if operation.takes == "reprocess" else body
            query = {"tenant": names["tenant"]} if "tenant" in operation.query else {}
            for who in ("duka", "viewer"):
                path = operation.path.format(**names)
                told = ask(erp_down, path, who, operation.method, params=query, **({"json": body} if body else {}))
                said.append((who, told.status_code, told.content))
        assert set(said[:2]) == set(said[2:]), operation.name
        assert {status for _, status, _ in said} <= ({403, 404} if operation.takes else {404}), operation.name


@pytest.mark.parametrize("who", [None, "old", "unheard-of"])
def test_without_a_valid_token_there_is_nothing(erp_down: Gateway, who: str | None) -> None:
    for operation in OPERATIONS:
        said = ask(
            erp_down, operation.path.format(id="x", row="1", tenant="duka", destination="erp"), who, operation.method
        )
        assert said.status_code == 401
        assert said.headers["Content-Type"] == "application/problem+json"
        assert said.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_does_only_what_it_may(erp_down: Gateway) -> None:
    assert ask(erp_down, "/replays", "viewer", "POST", json={}).status_code == 403
    assert ask(erp_down, "/quarantine/reprocess", "viewer", "POST", json={}).status_code == 403
    assert ask(erp_down, "/destinations/duka/erp/park", "viewer", "POST").status_code == 403
    assert ask(erp_down, "/payments/UKO41DUKA1", "nothing").status_code == 403
    assert ask(erp_down, "/events", "nothing").status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/events?limit=0", 400),
        ("GET", "/events?limit=501", 400),
        ("GET", "/events?after=x", 400),
        ("GET", "/events?aftr=1", 400),
        ("GET", "/events?after=1&after=2", 400),
        ("GET", "/payments?phone_ends=0708374149", 400),
        ("GET", "/payments?since=yesterday", 400),
        ("GET", "/payments/ws_CO_24112026_254708374149", 404),
        ("GET", "/nothing", 404),
        ("GET", "/%ff", 404),
        ("DELETE", "/events", 405),
        ("POST", "/replays", 415),
    ],
)
def test_what_is_not_understood_is_told_as_a_problem(erp_down: Gateway, method: str, path: str, status: int) -> None:
    said = ask(erp_down, path, method=method)

    assert said.status_code == status
    assert said.headers["Content-Type"] == "application/problem+json"
    assert said.json()["status"] == status
    assert PHONE not in said.text


def test_bodies_are_checked(erp_down: Gateway) -> None:
    for body in ("[]", "{", '{"nmes": []}', '{"count": -1}', '{"since": "soon"}', "[" * 60_000):
        headers = {"Content-Type": "application/json"}
        told = ask(erp_down, "/replays", method="POST", data=body)
        assert told.status_code == 415
        said = requests.post(
            f"{erp_down.base}/api/v1/replays",
            data=body,
            headers={**headers, "Authorization": f"Bearer {token('all')}"},
            timeout=30,
        )
        assert said.status_code == 400, body[:20]


def test_dead_letters_are_counted_then_replayed_and_arrive(tmp_path, erp: Receiver) -> None:
    erp.script(*[Answer(422)] * 2)
    with serving(tmp_path / "gateway", erp.url) as made:
        wait_for(lambda: len(ask(made, "/deliveries?state=dead").json()["data"]) == 2)
        counted = ask(made, "/replays", "duka", "POST", json={})
        stale = ask(made, "/replays", "duka", "POST", json={"count": 7})
        done = ask(made, "/replays", "duka", "POST", json={"count": 1})

        assert counted.json() == {"count": 1, "made_due": 0}
        assert (stale.status_code, stale.json()["count"]) == (409, 1)
        assert done.json() == {"count": 1, "made_due": 1}
        wait_for(lambda: len(ask(made, "/deliveries?state=delivered", "duka").json()["data"]) == 1)
        assert len(ask(made, "/deliveries?state=dead").json()["data"]) == 1


def test_quarantine_is_read_taken_again_and_resolved(tmp_path, erp: Receiver) -> None:
    with serving(tmp_path / "gateway", erp.url) as made:
        (row,) = ask(made, "/quarantine", "duka").json()["data"]
        body = ask(made, f"/quarantine/{row['id']}", "duka").json()["body_base64"]
        assert json.loads(base64.b64decode(body)) == {"no": "UKO41DUKA1"}
        counted = ask(made, "/quarantine/reprocess", "duka", "POST", json={"ids": [row["id"]]}).json()
        done = ask(made, "/quarantine/reprocess", "duka", "POST", json={"count": counted["count"]}).json()
        assert (counted["count"], done["became"]) == (1, {"still set aside: new_shape": 1})
        assert ask(made, f"/quarantine/{row['id']}/resolve", "viewer", "POST").status_code == 403
        assert ask(made, f"/quarantine/{row['id']}/resolve", "duka", "POST").json() == {
            "id": row["id"],
            "resolved": True,
        }
        assert ask(made, "/quarantine", "duka").json()["data"] == []
        assert ask(made, f"/quarantine/{row['id']}/resolve", "duka", "POST").status_code == 404


def test_a_destination_is_parked_and_goes_on(tmp_path, erp: Receiver) -> None:
    with serving(tmp_path / "gateway", erp.url) as made:
        parked = ask(made, "/destinations/duka/erp/park", "duka", "POST").json()
        wait_for(lambda: ask(made, "/deliveries?state=delivered", "duka").json()["data"])
        made.post("c2b-confirmation", c2b("UKO41DUKA2"))
        (waiting,) = ask(made, "/deliveries?state=pending", "duka").json()["data"]
        resumed = ask(made, "/destinations/duka/erp/resume", "duka", "POST").json()

        store = existing(Secret(f"sqlite:///{made.folder / 'pesagate.db'}"))
        with reading(store) as connection:
            done = [(row["who"], row["tenant"], row["action"]) for row in audit.actions(connection, WHOLE)]

        assert done == [("token:duka", "duka", "park"), ("token:duka", "duka", "resume")]
        assert (parked["parked"], waiting["waiting_for"], resumed["parked"]) == ("hand", "parked", None)
        wait_for(lambda: len(ask(made, "/deliveries?state=delivered", "duka").json()["data"]) == 2)
        assert PHONE not in made.log.read_text("utf-8")
