"""Several events in one POST: a JSON list, one verdict each, a refused list halved down to the bad event."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from adapters.http import HttpBatchAdapter
from adapters.testing import Answer, Received, Receiver, sample_event
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.event import Event
from gateway.domain.ids import derived_id
from gateway.domain.lane import Rate
from gateway.domain.settings import Secret

DELIVERED, DUPLICATE = AttemptResult.DELIVERED, AttemptResult.DUPLICATE
RETRY, REJECTED = AttemptResult.RETRY, AttemptResult.REJECTED

Make = Callable[..., HttpBatchAdapter]


def events(number: int) -> list[Event]:
    return [sample_event(id=derived_id("test", str(n)), receipt=f"UC{n}", payment_id=str(n)) for n in range(number)]


def results(verdicts: Sequence[Verdict]) -> list[AttemptResult]:
    return [verdict.result for verdict in verdicts]


def refusing(bad: Sequence[str], status: int = 400) -> Callable[[Received], Answer]:
    """Return an ERP that takes a list only if none of the bad ones is in it."""

    def answer(received: Received) -> Answer:
        inside = {event["receipt"] for event in json.loads(received.body)}
        return Answer(status, b"no") if inside & set(bad) else Answer()

    return answer


def sizes(receiver: Receiver) -> list[int]:
    return [len(json.loads(received.body)) for received in receiver.requests]


def test_a_list_of_whole_events_in_one_post(receiver: Receiver, make_batch: Make) -> None:
    given = events(3)
    assert results(make_batch(receiver.url).deliver_many(given)) == [DELIVERED] * 3
    (request,) = receiver.requests
    assert json.loads(request.body) == [event.as_dict() for event in given]
    assert request.headers["content-type"] == "application/json"


def test_the_requests_id_is_made_of_its_events(receiver: Receiver, make_batch: Make) -> None:
    adapter, given = make_batch(receiver.url), events(3)
    for part in (given, given, given[:2], given[:1]):
        adapter.deliver_many(part)
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    # One alone is known by its own, however it came before.
    assert ids[3] == given[0].id
    assert [request.headers["idempotency-key"] for request in receiver.requests] == ids


def test_a_list_is_signed(receiver: Receiver, make_batch: Make) -> None:
    key = "whsec_" + "bmV3" * 8
    make_batch(receiver.url, sign=Secret(key)).deliver_many(events(2))
    (request,) = receiver.requests
    assert len(Webhook(key).verify(request.body, dict(request.headers))) == 2


def test_an_envelope_for_each_event(receiver: Receiver, make_batch: Make) -> None:
    given = events(2)
    make_batch(receiver.url, envelope="standard").deliver_many(given)
    assert [one["data"]["id"] for one in json.loads(receiver.requests[0].body)] == [event.id for event in given]


def test_a_body_for_each_event(receiver: Receiver, make_batch: Make) -> None:
    body = {"ref": "{{ receipt }}", "amount": "{{ amount | number }}", "journal": "{{ with.journal }}"}
    adapter = make_batch(
        receiver.url, body=body, headers={"X-Journal": "{{ with.journal }}"}, **{"with": {"journal": 3}}
    )
    adapter.deliver_many(events(2))
    assert receiver.requests[0].body == (
        b'[{"ref":"UC0","amount":1500.00,"journal":3},{"ref":"UC1","amount":1500.00,"journal":3}]'
    )
    assert receiver.requests[0].headers["x-journal"] == "3"


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422])
def test_a_refused_list_is_halved_down_to_the_bad_event(status: int, receiver: Receiver, make_batch: Make) -> None:
    receiver.decide = refusing(["UC5"], status)
    verdicts = make_batch(receiver.url).deliver_many(events(8))
    assert results(verdicts) == [DELIVERED] * 5 + [REJECTED] + [DELIVERED] * 2
    assert (verdicts[5].reason, verdicts[5].answer) == (f"http_{status}", "no")
    # From the left to the right, so that the order within a list holds.
    assert sizes(receiver) == [8, 4, 4, 2, 1, 1, 2]
    taken = [event["receipt"] for request in receiver.requests for event in json.loads(request.body)][16:]
    assert taken == ["UC4", "UC5", "UC4", "UC5", "UC6", "UC7"]


def test_a_refusal_by_predicate_is_halved_too(receiver: Receiver, make_batch: Make) -> None:
    receiver.decide = lambda received: Answer(body=b'{"ok": %s}' % (b"false" if b"UC1" in received.body else b"true"))
    verdicts = make_batch(receiver.url, success_when="body.ok").deliver_many(events(4))
    assert results(verdicts) == [DELIVERED, REJECTED, DELIVERED, DELIVERED]


@pytest.mark.parametrize("status", [401, 405, 407, 301])
def test_a_refusal_of_whoever_comes_is_not_halved(status: int, receiver: Receiver, make_batch: Make) -> None:
    receiver.default = Answer(status, headers={"Location": "https://elsewhere.example/"})
    assert results(make_batch(receiver.url).deliver_many(events(8))) == [REJECTED] * 8
    assert sizes(receiver) == [8]


@pytest.mark.parametrize("answer", [Answer(503), Answer(429), Answer(cut="before"), Answer(cut="middle")])
def test_what_is_not_taken_comes_again_whole(answer: Answer, receiver: Receiver, make_batch: Make) -> None:
    receiver.default = answer
    assert results(make_batch(receiver.url).deliver_many(events(4))) == [RETRY] * 4
    assert sizes(receiver) == [4]


def test_all_there_already(receiver: Receiver, make_batch: Make) -> None:
    receiver.default = Answer(409)
    adapter = make_batch(receiver.url, duplicate_when="status == `409`")
    assert results(adapter.deliver_many(events(3))) == [DUPLICATE] * 3


def test_a_halving_ends_where_patience_is_asked_for(receiver: Receiver, make_batch: Make) -> None:
    receiver.script(Answer(400), Answer(200), Answer(429, headers={"Retry-After": "77"}))
    verdicts = make_batch(receiver.url).deliver_many(events(8))
    assert results(verdicts) == [DELIVERED] * 4 + [RETRY] * 4
    assert {verdict.retry_after for verdict in verdicts[4:]} == {timedelta(seconds=77)}
    receiver.script(Answer(400), Answer(400), Answer(503))
    verdicts = make_batch(receiver.url).deliver_many(events(8))
    assert [verdict.reason for verdict in verdicts] == ["http_503"] * 2 + ["not_singled_out"] * 6
    assert results(verdicts) == [RETRY] * 8


def test_a_halving_has_an_end_and_goes_on_another_time(receiver: Receiver, make_batch: Make) -> None:
    adapter, waiting = make_batch(receiver.url), events(200)
    receiver.decide = refusing([event.receipt or "" for event in waiting])
    attempts = 0
    while waiting:
        before = len(receiver.requests)
        verdicts = adapter.deliver_many(waiting)
        assert len(receiver.requests) - before <= 64
        waiting = [event for event, verdict in zip(waiting, verdicts, strict=True) if verdict.result is not REJECTED]
        attempts += 1
    # Fewer than a delivery has by default.
    assert attempts < 10


def test_one_that_cannot_be_made_takes_no_other_with_it(receiver: Receiver, make_batch: Make) -> None:
    given = [*events(2), sample_event(id=derived_id("bare"), account_reference=None)]
    adapter = make_batch(receiver.url, requires="receipt != 'UC1'", body={"day": "{{ account_reference | date }}"})
    assert [verdict.reason for verdict in adapter.deliver_many(given)] == ["cannot_render", "requires", "http_200"]
    assert sizes(receiver) == [1]


def test_the_halves_keep_the_rate(receiver: Receiver, make_batch: Make) -> None:
    receiver.decide = refusing(["UC3"])
    make_batch(receiver.url, rate=Rate(20, timedelta(seconds=1))).deliver_many(events(4))
    at = [request.at for request in receiver.requests]
    assert len(at) == 5
    assert at[-1] - at[0] >= 4 * 0.05


def test_a_preview_shows_the_list(receiver: Receiver, make_batch: Make) -> None:
    adapter = make_batch(receiver.url, auth={"bearer": Secret("tok-3f9c")}, body={"ref": "{{ receipt }}"})
    (preview,) = adapter.preview(events(1)[0])
    assert json.loads(preview.body) == [{"ref": "UC0"}]
    assert preview.headers["Authorization"] == "***"
    assert preview.note.startswith("Up to 50 events go in one such list")


NO_LIST = "`batch` sends events as a JSON list, and `{}` makes none: leave one out."


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"raw": True}, NO_LIST.format("raw")),
        ({"form": {"a": "b"}}, NO_LIST.format("form")),
        ({"steps": [{"name": "a", "post": "/"}]}, NO_LIST.format("steps")),
        ({"method": "GET"}, "`batch` sends events as a JSON list, and a GET sends no body."),
        (
            {"query": {"ref": "{{ receipt }}"}},
            "`query` takes receipt of one event, and with `batch` it stands for several: put it into the `body`.",
        ),
        (
            {"headers": {"X-Ref": "{{ payer.name }}"}},
            "`headers` takes payer of one event, and with `batch` it stands for several: put it into the `body`.",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_list(settings: Any, sentence: str, receiver: Receiver, make_batch: Make) -> None:
    adapter = make_batch(receiver.url, **settings)
    assert list(adapter.check()) == [sentence]
    assert [verdict.reason for verdict in adapter.deliver_many(events(2))] == ["faulty_settings"] * 2
    assert sentence in adapter.preview(events(1)[0])[0].body
    assert receiver.requests == []
