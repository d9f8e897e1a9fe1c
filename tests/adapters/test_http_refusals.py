"""`refusals`: the key of a request after a refusal, where the ERP keeps its answers by the key."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from adapters.http import HttpAdapter
from adapters.testing import Answer, MemoryProgress, Receiver, sample_event

KEYED: Mapping[str, Any] = {
    "steps": [
        {
            "name": "book",
            "post": "/payments",
            "idempotent": True,
            "query": {"requestid": "{{ receipt ~ ('-' ~ refusals if refusals else '') }}"},
        }
    ]
}


def attempt(adapter: HttpAdapter, progress: MemoryProgress) -> None:
    progress.settle(adapter.deliver(sample_event(), progress))


def keys(receiver: Receiver) -> list[str]:
    return [request.path.partition("requestid=")[2] for request in receiver.requests]


@pytest.mark.parametrize(
    ("answers", "sent"),
    [
        ([Answer(400), Answer(200)], ["", "-1"]),
        ([Answer(400), Answer(422), Answer(500), Answer(200)], ["", "-1", "-2", "-2"]),
        # It may have been booked under the first key, whatever is said of it later.
        ([Answer(cut="before"), Answer(401), Answer(200)], ["", "", ""]),
        ([Answer(500), Answer(400), Answer(200)], ["", "", ""]),
        # Surely not taken.
        ([Answer(429), Answer(400), Answer(200)], ["", "", "-1"]),
        # No refusal of what was asked for.
        ([Answer(302, headers={"Location": "https://e.example/"}), Answer(200)], ["", ""]),
    ],
)
def test_a_refusal_changes_the_key_and_a_lost_answer_never(
    answers: list[Answer], sent: list[str], receiver: Receiver, make_http: Callable[..., HttpAdapter]
) -> None:
    receiver.script(*answers)
    adapter, progress = make_http(receiver.url, **KEYED), MemoryProgress()
    for _ in answers:
        attempt(adapter, progress)
    assert keys(receiver) == [f"UC2A1B2C3D{suffix}" for suffix in sent]


@pytest.mark.parametrize("answers", [[400, 200], [429, 401, 200]])
def test_after_a_crash_in_the_middle_the_key_stays(
    answers: list[int], receiver: Receiver, make_http: Callable[..., HttpAdapter]
) -> None:
    receiver.script(*map(Answer, answers))
    adapter, progress = make_http(receiver.url, **KEYED), MemoryProgress(open_step="book")
    for _ in answers:
        attempt(adapter, progress)
    assert keys(receiver) == ["UC2A1B2C3D"] * len(answers)


def test_a_step_that_nothing_can_check_stays_open_when_its_answer_is_lost(
    receiver: Receiver, make_http: Callable[..., HttpAdapter]
) -> None:
    """Noting the doubt must not close the step: after a crash it would have been sent again."""
    blind = {"steps": [{**KEYED["steps"][0], "idempotent": False}]}
    receiver.script(Answer(500))
    adapter, progress = make_http(receiver.url, **blind), MemoryProgress()
    adapter.deliver(sample_event(), progress)
    assert progress.open_step == "book"


def test_a_step_that_is_looked_for_has_another_key_after_a_refusal(
    receiver: Receiver, make_http: Callable[..., HttpAdapter]
) -> None:
    find = {"name": "find", "get": "/payments", "save": {"found": "body.id"}}
    create = {"name": "create", "unless": "found", "post": "/payments"}
    receiver.script(Answer(body=b"{}"), Answer(400), Answer(body=b"{}"), Answer(200))
    adapter, progress = make_http(receiver.url, steps=[find, create]), MemoryProgress()
    attempt(adapter, progress)
    attempt(adapter, progress)
    key = f"{sample_event().id}:erp:create"
    posts = [request for request in receiver.requests if request.method == "POST"]
    assert [request.headers["idempotency-key"] for request in posts] == [key, f"{key}:1"]


@pytest.mark.parametrize("name", ["refusals"])
def test_no_step_may_save_under_its_name(name: str, receiver: Receiver, make_http: Callable[..., HttpAdapter]) -> None:
    adapter = make_http(receiver.url, steps=[{"name": "book", "post": "/", "save": {name: "body.id"}}])
    assert [problem for problem in adapter.check() if name in problem]
