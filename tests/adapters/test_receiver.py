"""The scripted receiver itself: what it records and how it answers, seen through a plain socket."""

import socket
import time
from urllib.parse import urlsplit

import pytest

from adapters.testing import Answer, Receiver

REQUEST = b"POST /a?b=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Tag: T\r\nContent-Length: 3\r\n\r\nabc"


def talk(receiver: Receiver, wait: float = 30.0) -> bytes:
    """Send one request and return all that comes until the receiver closes."""
    with socket.create_connection(("127.0.0.1", urlsplit(receiver.url).port or 0), timeout=wait) as connection:
        connection.sendall(REQUEST)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_it_records_what_came(receiver: Receiver) -> None:
    before = time.time()
    talk(receiver)
    (received,) = receiver.wait_for(1)
    assert (received.method, received.path, received.body) == ("POST", "/a?b=1", b"abc")
    assert received.headers == {"host": "x", "connection": "close", "x-tag": "T", "content-length": "3"}
    assert before <= received.at <= time.time()


def test_the_script_comes_first_and_then_the_default(receiver: Receiver) -> None:
    receiver.default = Answer(204, body=b"")
    receiver.script(Answer(503, headers={"Retry-After": "1"}), Answer(404, body=b"no"))
    starts = [talk(receiver) for _ in range(4)]
    assert starts == [
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nRetry-After: 1\r\n\r\nok",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ]


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        (Answer(cut="before"), b""),
        (Answer(body=b"half", cut="middle"), b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha"),
        (Answer(garbage=b"\x00\xff"), b"\x00\xff"),
    ],
)
def test_bad_answers(answer: Answer, came: bytes, receiver: Receiver) -> None:
    receiver.script(answer)
    assert talk(receiver) == came


def test_a_delayed_answer_does_not_come_early(receiver: Receiver) -> None:
    receiver.script(Answer(delay=600))
    with pytest.raises(TimeoutError):
        talk(receiver, wait=0.2)


def test_a_receiver_can_come_back_on_its_port() -> None:
    with Receiver() as first:
        talk(first)
    with Receiver(port=urlsplit(first.url).port or 0) as second:
        talk(second)
        assert (second.url, len(second.requests)) == (first.url, 1)


def test_waiting_in_vain_is_an_error(receiver: Receiver) -> None:
    talk(receiver)
    with pytest.raises(TimeoutError, match=r"1 of 2 requests came within 0\.1 s"):
        receiver.wait_for(2, timeout=0.1)


@pytest.mark.parametrize("answer", [Answer(delay=600), Answer(cut="trickle"), Answer(200)])
def test_it_ends_although_a_client_hangs_on(answer: Answer) -> None:
    with socket.socket() as client:
        with Receiver() as receiver:
            receiver.default = answer
            client.connect(("127.0.0.1", urlsplit(receiver.url).port or 0))
            client.sendall(REQUEST)
            receiver.wait_for(1)
            started = time.monotonic()
        assert time.monotonic() - started < 30
