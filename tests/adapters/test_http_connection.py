"""Connections: kept where a repetition does no harm, fresh where it would, verified, and bounded in time."""

import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.http import HttpAdapter
from adapters.http.transport import tls_context
from adapters.testing import Answer, MemoryProgress, Receiver, sample_event
from gateway.domain.delivery import AttemptResult

Make = Callable[..., HttpAdapter]


def ports(receiver: Receiver) -> int:
    """Return how many connections the receiver's requests came on."""
    return len({received.client_port for received in receiver.requests})


@pytest.mark.parametrize("settings", [{}, {"raw": True, "idempotent": True}])
def test_connections_are_kept(settings: dict[str, bool], receiver: Receiver, make_http: Make) -> None:
    adapter = make_http(receiver.url, **settings)
    for status in (200, 400, 503, 200):
        receiver.script(Answer(status))
        adapter.deliver(sample_event(), MemoryProgress())
    assert ports(receiver) == 1


def test_raw_bytes_get_a_fresh_connection_each(receiver: Receiver, make_http: Make) -> None:
    """A kept connection that the receiver has just closed looks like one cut after sending: a needless dead letter."""
    adapter = make_http(receiver.url, raw=True)
    for _ in range(3):
        adapter.deliver(sample_event(), MemoryProgress())
    assert ports(receiver) == 3
    assert {received.headers["connection"] for received in receiver.requests} == {"close"}


def test_a_connection_with_an_unread_rest_is_not_used_again(receiver: Receiver, make_http: Make) -> None:
    adapter = make_http(receiver.url)
    receiver.script(Answer(200, body=b"x" * 200_000))
    for _ in range(2):
        assert adapter.deliver(sample_event(), MemoryProgress()).result is AttemptResult.DELIVERED
    assert ports(receiver) == 2


def test_an_adapter_works_again_after_close(receiver: Receiver, make_http: Make) -> None:
    adapter = make_http(receiver.url)
    for _ in range(2):
        assert adapter.deliver(sample_event(), MemoryProgress()).result is AttemptResult.DELIVERED
        adapter.close()
    assert ports(receiver) == 2


def test_redirects_are_not_followed(receiver: Receiver, make_http: Make) -> None:
    with Receiver() as other:
        receiver.default = Answer(307, headers={"Location": other.url})
        make_http(receiver.url).deliver(sample_event(), MemoryProgress())
        assert other.requests == []
    assert len(receiver.requests) == 1


def test_cookies_are_not_kept(receiver: Receiver, make_http: Make) -> None:
    adapter = make_http(receiver.url)
    receiver.script(Answer(200, headers={"Set-Cookie": "session=abc; Path=/"}))
    for _ in range(2):
        adapter.deliver(sample_event(), MemoryProgress())
    assert [received.headers.get("cookie") for received in receiver.requests] == [None, None]


def test_proxies_and_netrc_of_the_environment_are_not_used(
    receiver: Receiver, make_http: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with Receiver() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        make_http(receiver.url).deliver(sample_event(), MemoryProgress())
        assert proxy.requests == []
    assert "authorization" not in receiver.requests[0].headers


@pytest.mark.parametrize("cut", ["trickle", "trickle-head"])
def test_a_trickle_does_not_hold_the_thread(cut: str, receiver: Receiver, make_http: Make) -> None:
    """Every byte of a trickle comes well inside the time-out; the whole would take hours."""
    receiver.default = Answer(cut=cut)  # type: ignore[arg-type]
    adapter = make_http(receiver.url, timeout=timedelta(seconds=0.5))
    started = time.monotonic()
    assert adapter.deliver(sample_event(), MemoryProgress()).reason == "timeout"
    assert time.monotonic() - started < 30


def test_a_slow_answer_inside_the_time_out_is_waited_for(receiver: Receiver, make_http: Make) -> None:
    receiver.default = Answer(delay=0.5)
    verdict = make_http(receiver.url, timeout=timedelta(seconds=60)).deliver(sample_event(), MemoryProgress())
    assert verdict.result is AttemptResult.DELIVERED


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody vouches for, and its key, in one file."""
    path = tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=duka -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*make.split(), "-keyout", path, "-out", tmp_path / "public.pem"], check=True, capture_output=True)
    path.write_text(path.read_text() + (tmp_path / "public.pem").read_text())
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Receiver(tls=context) as running:
        yield running


@pytest.mark.parametrize("raw", [False, True])
def test_a_certificate_nobody_vouches_for_is_refused(raw: bool, secure: Receiver, make_http: Make) -> None:
    verdict = make_http(secure.url, raw=raw).deliver(sample_event(), MemoryProgress())
    assert (verdict.result, verdict.reason) == (AttemptResult.RETRY, "tls")
    assert secure.requests == []


@pytest.fixture
def trusted(secure: Receiver, certificate: Path) -> Receiver:
    """The secure receiver, its certificate trusted by this process from here on (no other test has the same one)."""
    tls_context().load_verify_locations(certificate)
    return secure


def test_a_certificate_for_another_name_is_refused(trusted: Receiver, make_http: Make) -> None:
    elsewhere = trusted.url.replace("127.0.0.1", "localhost")
    verdict = make_http(elsewhere).deliver(sample_event(), MemoryProgress())
    assert (verdict.result, verdict.reason) == (AttemptResult.RETRY, "tls")
    assert trusted.requests == []


@pytest.mark.parametrize(("raw", "connections"), [(False, 1), (True, 2)])
def test_delivery_over_tls(raw: bool, connections: int, trusted: Receiver, make_http: Make) -> None:
    adapter = make_http(trusted.url, raw=raw)
    verdicts = [adapter.deliver(sample_event(), MemoryProgress()) for _ in range(2)]
    assert [(verdict.result, verdict.answer) for verdict in verdicts] == [(AttemptResult.DELIVERED, "ok")] * 2
    assert ports(trusted) == connections


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(delay=60), "timeout"),
        (Answer(cut="trickle"), "timeout"),
        (Answer(cut="trickle-head"), "timeout"),
        (Answer(cut="before"), "connection_cut"),
        (Answer(cut="middle"), "connection_cut"),
    ],
)
def test_trouble_after_the_tls_handshake_may_have_arrived(
    answer: Answer, reason: str, trusted: Receiver, make_http: Make
) -> None:
    trusted.default = answer
    adapter = make_http(trusted.url, raw=True, timeout=timedelta(seconds=2))
    verdict = adapter.deliver(sample_event(), MemoryProgress())
    assert (verdict.result, verdict.reason) == (AttemptResult.UNKNOWN, reason)
    assert len(trusted.wait_for(1)) == 1
