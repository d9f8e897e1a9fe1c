"""Where no connection was made nothing was sent, so every way to send tries again: raw bytes too."""

import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest

from adapters.http import HttpAdapter
from adapters.testing import MemoryProgress, Receiver, sample_event
from gateway.domain.delivery import AttemptResult, Verdict

RETRY = AttemptResult.RETRY

WAYS: Mapping[str, Mapping[str, Any]] = {
    "event": {},
    "raw": {"raw": True},
    "raw-idempotent": {"raw": True, "idempotent": True},
}

Make = Callable[..., HttpAdapter]


@pytest.fixture
def dead_ends() -> Iterator[Mapping[str, str]]:
    """URLs at which no connection can be made, by name."""
    closed, full, mute = socket.socket(), socket.socket(), socket.socket()
    for one in (closed, full, mute):
        one.bind(("127.0.0.1", 0))
    # A queue of one that is full: the kernel lets further connections wait without an answer.
    full.listen(0)
    mute.listen(8)
    waiting = [socket.socket() for _ in range(3)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(full.getsockname())
    with Receiver() as plain:
        yield {
            "refused": f"http://127.0.0.1:{closed.getsockname()[1]}/",
            "connect time-out": f"http://127.0.0.1:{full.getsockname()[1]}/",
            "no such host": "http://no-such-host.invalid/",
            "TLS with a server that speaks none": plain.url.replace("http:", "https:"),
            "TLS time-out": f"https://127.0.0.1:{mute.getsockname()[1]}/",
        }
        assert plain.requests == []
    for one in (closed, full, mute, *waiting):
        one.close()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("refused", "no_connection"),
        ("connect time-out", "no_connection"),
        ("no such host", "no_connection"),
        ("TLS with a server that speaks none", "tls"),
        ("TLS time-out", "no_connection"),
    ],
)
def test_where_no_connection_was_made_every_way_tries_again(
    name: str, reason: str, way: str, dead_ends: Mapping[str, str], make_http: Make
) -> None:
    adapter = make_http(dead_ends[name], timeout=timedelta(seconds=0.5), **WAYS[way])
    verdict = adapter.deliver(sample_event(), MemoryProgress())
    assert (verdict.result, verdict.reason, verdict.status) == (RETRY, reason, None)
    assert "nothing was sent" in verdict.detail


def test_a_connection_reset_inside_the_tls_handshake_was_never_made(make_http: Make) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        adapter = make_http(f"https://127.0.0.1:{listening.getsockname()[1]}/", raw=True)
        progress = MemoryProgress()
        verdicts: list[Verdict] = []
        thread = Thread(target=lambda: verdicts.append(adapter.deliver(sample_event(), progress)))
        thread.start()
        connection, _ = listening.accept()
        connection.recv(1)
        connection.close()
        thread.join(20)
    assert [verdict.result for verdict in verdicts] == [RETRY]
