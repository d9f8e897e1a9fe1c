"""What each behaviour of a receiver means: for events, for raw bytes, and for raw bytes declared idempotent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from adapters.http import HttpAdapter
from adapters.testing import Answer, MemoryProgress, Receiver, sample_event
from gateway.domain.delivery import AttemptResult

DELIVERED, RETRY, REJECTED, UNKNOWN = (
    AttemptResult.DELIVERED,
    AttemptResult.RETRY,
    AttemptResult.REJECTED,
    AttemptResult.UNKNOWN,
)

# Settings of the three ways to send, by name.
WAYS: Mapping[str, Mapping[str, Any]] = {
    "event": {},
    "raw": {"raw": True},
    "raw-idempotent": {"raw": True, "idempotent": True},
}


@dataclass(frozen=True)
class Row:
    """One behaviour; `raw` is the result for raw bytes that must not be sent twice, where it differs."""

    answer: Answer
    result: AttemptResult
    reason: str
    raw: AttemptResult | None = None
    status: int | None = None
    wait: int | None = None
    # Short where the receiver is meant to be too slow, else so long that a busy machine cannot run into it.
    timeout: float = 30.0


def said(status: int, result: AttemptResult, reason: str = "", wait: int | None = None, **more: Any) -> Row:
    """A row for a whole answer; 5xx is the one class that raw bytes may not repeat."""
    raw = UNKNOWN if status >= 500 else None
    return Row(Answer(status, **more), result, reason or f"http_{status}", raw, status, wait)


ELSEWHERE = {"Location": "https://new.duka.example/pay?token=abc"}

ROWS: Mapping[str, Row] = {
    "200": said(200, DELIVERED),
    "201": said(201, DELIVERED),
    "202": said(202, DELIVERED),
    "204": said(204, DELIVERED, body=b""),
    "208 already reported": said(208, DELIVERED),
    "301": said(301, REJECTED, "redirect", headers=ELSEWHERE),
    "302": said(302, REJECTED, "redirect", headers=ELSEWHERE),
    "303 without a Location": said(303, REJECTED, "redirect"),
    "304": said(304, REJECTED, body=b""),
    "307": said(307, REJECTED, "redirect", headers=ELSEWHERE),
    "308 to a broken Location": said(308, REJECTED, "redirect", headers={"Location": "http://[::1"}),
    "400": said(400, REJECTED),
    "401": said(401, REJECTED),
    "402": said(402, REJECTED),
    "403": said(403, REJECTED),
    "404": said(404, REJECTED),
    "405": said(405, REJECTED),
    "408": said(408, RETRY),
    "409": said(409, REJECTED),
    "410": said(410, REJECTED),
    "413": said(413, REJECTED),
    "422": said(422, REJECTED),
    "425": said(425, RETRY),
    "429": said(429, RETRY),
    "429 with a wait": said(429, RETRY, wait=120, headers={"Retry-After": "120"}),
    "429 with a wait beyond a day": said(429, RETRY, wait=86_400, headers={"Retry-After": "9" * 40}),
    "429 with an unreadable wait": said(429, RETRY, headers={"Retry-After": "soon"}),
    "400 with a wait": said(400, REJECTED, headers={"Retry-After": "120"}),
    "500": said(500, RETRY),
    "502": said(502, RETRY),
    "503": said(503, RETRY),
    "504": said(504, RETRY),
    "599, a status without a name": said(599, RETRY),
    "999, a status of no class": Row(Answer(999), REJECTED, "http_999", status=999),
    "a huge answer": Row(Answer(200, body=b"x" * 4_000_000), DELIVERED, "http_200", status=200),
    "a huge refusal": Row(Answer(400, body=b"x" * 4_000_000), REJECTED, "http_400", status=400),
    "time-out": Row(Answer(delay=60), RETRY, "timeout", UNKNOWN, timeout=0.3),
    "cut before the answer": Row(Answer(cut="before"), RETRY, "connection_cut", UNKNOWN),
    "cut in the middle": Row(Answer(cut="middle", body=b"half"), RETRY, "connection_cut", UNKNOWN, status=200),
    "cut in the middle of a refusal": Row(Answer(400, cut="middle"), REJECTED, "http_400", status=400),
    "cut in the middle of a 429": Row(Answer(429, cut="middle"), RETRY, "http_429", status=429),
    "trickle": Row(Answer(cut="trickle"), RETRY, "timeout", UNKNOWN, status=200, timeout=0.3),
    "trickle in the status line": Row(Answer(cut="trickle-head"), RETRY, "timeout", UNKNOWN, timeout=0.3),
    "garbage instead of a status line": Row(Answer(garbage=b"lp0 on fire\r\n\r\n"), RETRY, "bad_answer", UNKNOWN),
    "binary garbage": Row(Answer(garbage=bytes(range(256)) * 4), RETRY, "bad_answer", UNKNOWN),
    "an endless status line": Row(Answer(garbage=b"HTTP/1.1 " + b"2" * 200_000), RETRY, "bad_answer", UNKNOWN),
    "a thousand headers": Row(Answer(headers={f"X-{n}": "y" for n in range(1000)}), RETRY, "bad_answer", UNKNOWN),
    "two lengths": Row(
        Answer(garbage=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"),
        RETRY,
        "bad_answer",
        UNKNOWN,
    ),
    "a broken chunk": Row(
        Answer(garbage=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok"),
        RETRY,
        "connection_cut",
        UNKNOWN,
        status=200,
    ),
    "a body without a length": Row(Answer(garbage=b"HTTP/1.0 200 OK\r\n\r\ndone"), DELIVERED, "http_200", status=200),
}

Make = Callable[..., HttpAdapter]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ROWS)
def test_answers(name: str, way: str, receiver: Receiver, make_http: Make) -> None:
    row = ROWS[name]
    receiver.default = row.answer
    adapter = make_http(receiver.url + "/payments", timeout=timedelta(seconds=row.timeout), **WAYS[way])
    verdict = adapter.deliver(sample_event(), MemoryProgress())
    expected = row.raw if way == "raw" and row.raw else row.result
    wait = timedelta(seconds=row.wait) if row.wait else None
    assert (verdict.result, verdict.reason, verdict.status) == (expected, row.reason, row.status)
    assert verdict.retry_after == wait
    assert verdict.detail.endswith((".", "?"))
    assert len(verdict.answer or "") <= 2000
    assert len(receiver.wait_for(1)) == 1


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(200), "127.0.0.1 answered 200 OK."),
        (Answer(409), "127.0.0.1 answered 409 Conflict. The same request would be refused again."),
        (Answer(401), "127.0.0.1 answered 401 Unauthorized. Look at the destination's `auth`."),
        (
            Answer(500),
            "127.0.0.1 answered 500 Internal Server Error. It may have arrived: look there before you replay it.",
        ),
        (
            Answer(302, headers=ELSEWHERE),
            "127.0.0.1 redirects to another address on new.duka.example, and redirects are not followed: "
            "set `url` to the final address.",
        ),
        (
            Answer(cut="before"),
            "127.0.0.1 cut the connection before its answer was complete. "
            "It may have arrived: look there before you replay it.",
        ),
    ],
)
def test_sentences(answer: Answer, sentence: str, receiver: Receiver, make_http: Make) -> None:
    receiver.default = answer
    assert make_http(receiver.url, raw=True).deliver(sample_event(), MemoryProgress()).detail == sentence


def test_the_answer_is_kept_for_people_but_no_terminal_obeys_it(receiver: Receiver, make_http: Make) -> None:
    receiver.default = Answer(422, body="no such customer \u2014 Wanjikũ\x1b[31m\r\n\x00\u202e".encode() + b"\xff")
    verdict = make_http(receiver.url).deliver(sample_event(), MemoryProgress())
    assert verdict.answer == "no such customer \u2014 Wanjikũ\\x1b[31m\\r\\n\\x00\\u202e\ufffd"


def test_of_a_long_answer_the_first_2000_characters_are_kept(receiver: Receiver, make_http: Make) -> None:
    receiver.default = Answer(422, body=("a" + "é" * 70_000).encode())
    verdict = make_http(receiver.url).deliver(sample_event(), MemoryProgress())
    assert verdict.answer == "a" + "é" * 1999


def test_no_query_of_the_url_is_told(receiver: Receiver, make_http: Make) -> None:
    adapter = make_http(receiver.url + "/pay?key=hidden-key", timeout=timedelta(seconds=0.3))
    receiver.script(Answer(200), Answer(404), Answer(cut="before"), Answer(delay=60))
    told = repr([adapter.deliver(sample_event(), MemoryProgress()) for _ in range(4)])
    assert "hidden-key" not in told + repr(adapter) + repr(adapter.preview(sample_event()))
    assert {received.path for received in receiver.requests} == {"/pay?key=hidden-key"}
