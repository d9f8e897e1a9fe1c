"""The way to a destination: private authorities, certificates of our own, proxies, redirects, times, sizes."""

import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from authority import Authority
from forward_proxy import forward_proxy

from adapters.http import HttpAdapter
from adapters.http.answer import Answer as Seen
from adapters.http.redirects import next_address
from adapters.http.tls import tls_context
from adapters.testing import Answer, MemoryProgress, Receiver, sample_event
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.settings import Secret

Make = Callable[..., HttpAdapter]

DELIVERED, RETRY, REJECTED = AttemptResult.DELIVERED, AttemptResult.RETRY, AttemptResult.REJECTED


def deliver(adapter: HttpAdapter) -> Verdict:
    return adapter.deliver(sample_event(), MemoryProgress())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def private(authority: Authority) -> Iterator[Receiver]:
    """A receiver that only the private authority vouches for."""
    with Receiver(tls=authority.server()) as running:
        yield running


@pytest.fixture
def mutual(authority: Authority) -> Iterator[Receiver]:
    """A receiver that asks for a certificate of the private authority."""
    with Receiver(tls=authority.server(asks_for_certificates=True)) as running:
        yield running


@pytest.mark.parametrize("raw", [False, True])
def test_a_private_authority_is_trusted_where_it_is_named(
    raw: bool, private: Receiver, authority: Authority, make_http: Make
) -> None:
    assert deliver(make_http(private.url, raw=raw, ca=str(authority.ca))).result is DELIVERED
    assert deliver(make_http(private.url, raw=raw)).reason == "tls"
    assert len(private.requests) == 1


def test_with_a_private_authority_public_ones_are_not_trusted(
    private: Receiver, tmp_path: Path, make_http: Make
) -> None:
    other = Authority(tmp_path)
    assert deliver(make_http(private.url, ca=str(other.ca))).reason == "tls"


def test_names_are_checked_under_a_private_authority_too(
    private: Receiver, authority: Authority, make_http: Make
) -> None:
    elsewhere = private.url.replace("127.0.0.1", "localhost")
    assert deliver(make_http(elsewhere, ca=str(authority.ca))).reason == "tls"
    assert private.requests == []


def test_a_name_is_checked_as_it_is_written_though_an_address_is_connected_to(
    authority: Authority, make_http: Make
) -> None:
    with Receiver(tls=authority.server(names="DNS:localhost")) as named:
        url = named.url.replace("127.0.0.1", "localhost")
        assert deliver(make_http(url, ca=str(authority.ca))).result is DELIVERED
        assert deliver(make_http(named.url, ca=str(authority.ca))).reason == "tls"


@pytest.mark.parametrize("form", ["two files", "one file", "encrypted"])
def test_a_certificate_of_our_own(
    form: str, mutual: Receiver, authority: Authority, tmp_path: Path, make_http: Make
) -> None:
    cert, key = authority.certificate("pesagate", password="pw-7" if form == "encrypted" else None)
    files: dict[str, Any] = {"cert": str(cert), "key": str(key)}
    if form == "one file":
        both = tmp_path / "both.pem"
        both.write_text(cert.read_text() + key.read_text())
        files = {"cert": str(both)}
    if form == "encrypted":
        files["password"] = Secret("pw-7")
    adapter = make_http(mutual.url, ca=str(authority.ca), client_certificate=files)
    assert adapter.check() == ()
    assert deliver(adapter).result is DELIVERED


def test_without_a_certificate_a_receiver_that_asks_for_one_says_no(
    mutual: Receiver, authority: Authority, make_http: Make
) -> None:
    assert deliver(make_http(mutual.url, ca=str(authority.ca))).result is RETRY
    assert mutual.requests == []


def test_files_that_do_not_fit_are_told(authority: Authority, tmp_path: Path, make_http: Make) -> None:
    cert, key = authority.certificate("locked", password="pw-7")
    other, _ = authority.certificate("other")
    open_cert, open_key = authority.certificate("open")
    wrong = [
        {"cert": str(cert), "key": str(key)},
        {"cert": str(cert), "key": str(key), "password": Secret("pw-8")},
        {"cert": str(other), "key": str(open_key)},
        {"cert": str(open_cert), "key": str(tmp_path / "gone.key")},
    ]
    said = [make_http("https://erp.duka.example/", client_certificate=files).check() for files in wrong]
    assert [one[0].partition(": ")[2] for one in said] == [
        f"the key in {key} is encrypted, and `password` does not open it.",
        f"the key in {key} is encrypted, and `password` does not open it.",
        f"the key in {open_key} does not belong to the certificate in {other}.",
        f"{tmp_path / 'gone.key'} cannot be read: No such file or directory.",
    ]
    verdict = deliver(make_http("https://127.0.0.1:1/", client_certificate=wrong[0]))
    assert (verdict.result, verdict.reason) == (RETRY, "faulty_tls")


PAIR = {"user": "pesagate", "password": Secret("pw-9 ")}


def test_plain_http_goes_through_the_proxy(receiver: Receiver, make_http: Make) -> None:
    with forward_proxy() as proxy:
        assert deliver(make_http(f"{receiver.url}/pay?a=1", proxy=proxy.url)).result is DELIVERED
    assert proxy.asked == [f"POST {receiver.url}/pay?a=1 HTTP/1.1"]
    assert receiver.requests[0].headers["host"] == receiver.url.removeprefix("http://")


@pytest.mark.parametrize("raw", [False, True])
def test_tls_goes_through_the_proxy_unbroken(
    raw: bool, private: Receiver, authority: Authority, make_http: Make
) -> None:
    with forward_proxy() as proxy:
        adapter = make_http(private.url, raw=raw, ca=str(authority.ca), proxy=proxy.url)
        assert [deliver(adapter).result for _ in range(2)] == [DELIVERED] * 2
    # Without a pool that keeps it the connection would be made for each.
    assert proxy.asked == [f"CONNECT {private.url.removeprefix('https://')} HTTP/1.0"] * (2 if raw else 1)
    assert private.requests[0].path == "/"


@pytest.mark.parametrize("secure", [False, True])
def test_the_proxy_knows_us(
    secure: bool, receiver: Receiver, private: Receiver, authority: Authority, make_http: Make
) -> None:
    there = private if secure else receiver
    with forward_proxy("pesagate:pw-9 ") as proxy:
        adapter = make_http(there.url, ca=str(authority.ca), proxy=proxy.url, proxy_auth=PAIR)
        assert deliver(adapter).result is DELIVERED
    # The proxy's credentials are none of the destination's business, though a plain proxy of ours here passes them on.
    assert not secure or "proxy-authorization" not in there.requests[0].headers


@pytest.mark.parametrize("secure", [False, True])
def test_a_proxy_that_wants_other_credentials_is_permanent(
    secure: bool, receiver: Receiver, private: Receiver, authority: Authority, make_http: Make
) -> None:
    there = private if secure else receiver
    with forward_proxy("pesagate:other") as proxy:
        verdict = deliver(make_http(there.url, ca=str(authority.ca), proxy=proxy.url, proxy_auth=PAIR))
    assert (verdict.result, verdict.reason) == (REJECTED, "proxy_auth" if secure else "http_407")
    assert "pw-9" not in repr(verdict)
    assert there.requests == []


def test_a_proxy_that_is_not_there_is_temporary(receiver: Receiver, make_http: Make) -> None:
    with socket.socket() as closed:
        # Bound, not listening.
        closed.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{closed.getsockname()[1]}"
        verdict = deliver(make_http(receiver.url, proxy=proxy, raw=True))
    assert (verdict.result, verdict.reason) == (RETRY, "no_connection")


def test_a_private_proxy_needs_the_word_too(make_http: Make) -> None:
    with forward_proxy() as proxy:
        verdict = deliver(make_http("http://erp.duka.example/", proxy=proxy.url, allow_private=False))
    assert (verdict.result, verdict.reason) == (REJECTED, "refused_address")
    assert proxy.asked == []


def test_a_written_address_is_refused_behind_a_proxy_too(make_http: Make) -> None:
    """The proxy would connect to it; the guard sees the proxy's address only."""
    with forward_proxy() as proxy:
        verdict = deliver(make_http("http://169.254.169.254/latest", proxy=proxy.url))
    assert (verdict.result, verdict.reason) == (REJECTED, "refused_address")
    assert proxy.asked == []


def to(location: str, status: int = 307) -> Answer:
    return Answer(status, headers={"Location": location})


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_on_the_same_host_is_followed_with_all_that_was_sent(
    status: int, receiver: Receiver, make_http: Make
) -> None:
    receiver.script(to("/payments/", status))
    adapter = make_http(f"{receiver.url}/payments", redirects="same-host", auth={"bearer": Secret("tok-1")})
    assert deliver(adapter).result is DELIVERED
    first, second = receiver.requests
    assert (second.method, second.path, second.body) == ("POST", "/payments/", first.body)
    assert second.headers["authorization"] == "Bearer tok-1"


def test_a_redirect_that_says_look_there_is_not_followed(receiver: Receiver, make_http: Make) -> None:
    receiver.script(to("/thanks", 303))
    assert deliver(make_http(receiver.url, redirects="same-host")).reason == "redirect"
    assert len(receiver.requests) == 1


def test_a_key_in_the_query_goes_along_once(receiver: Receiver, make_http: Make) -> None:
    receiver.script(to("/new?key=k-1"))
    auth = {"query": {"name": "key", "value": Secret("k-1")}}
    deliver(make_http(receiver.url, redirects="same-host", auth=auth))
    assert [received.path for received in receiver.requests] == ["/?key=k-1", "/new?key=k-1"]


def test_a_redirect_to_another_host_gets_nothing(receiver: Receiver, make_http: Make) -> None:
    with Receiver() as other:
        receiver.default = to(other.url)
        adapter = make_http(receiver.url, redirects="same-host", auth={"bearer": Secret("tok-1")})
        assert deliver(adapter).reason == "redirect"
        assert other.requests == []


def test_redirects_in_a_circle_end(receiver: Receiver, make_http: Make) -> None:
    receiver.default = to("/again")
    assert deliver(make_http(receiver.url, redirects="same-host")).reason == "redirect"
    assert len(receiver.requests) == 6


@pytest.mark.parametrize(
    ("here", "location", "there"),
    [
        ("http://erp/a", "/b", "http://erp/b"),
        ("http://erp/a", "http://erp:80/b", "http://erp:80/b"),
        ("http://erp/a", "https://erp/b", "https://erp/b"),
        ("http://erp/a", "//erp/b", "http://erp/b"),
        ("https://erp/a", "http://erp/b", None),
        ("http://erp:8069/a", "https://erp/b", None),
        ("https://erp/a", "https://erp:8443/b", None),
        ("https://erp/a", "https://erp.example/b", None),
        ("https://erp/a", "https://u:p@erp/b", None),
        ("https://erp/a", "//evil/b", None),
        ("https://erp/a", "https://[::1", None),
        ("https://erp/a", "https://erp:port/", None),
        ("https://erp/a", "javascript:alert(1)", None),
    ],
)
def test_what_counts_as_the_same_host(here: str, location: str, there: str | None) -> None:
    assert next_address(here, to_answer(location)) == there


def to_answer(location: str) -> Any:
    return Seen(308, {"Location": location})


def test_of_a_large_answer_as_much_as_is_asked_for_is_read(receiver: Receiver, make_http: Make) -> None:
    receiver.default = Answer(200, body=b"x" * 300_000)
    for limit, connections in (("1KiB", 2), ("1MiB", 3)):
        adapter = make_http(receiver.url, answer_limit=limit)
        assert [deliver(adapter).result for _ in range(2)] == [DELIVERED] * 2
        # What was read to its end can be used again; an unread rest cannot.
        assert len({received.client_port for received in receiver.requests}) == connections


def test_silence_is_bounded_by_itself(receiver: Receiver, make_http: Make) -> None:
    receiver.default = Answer(delay=60)
    started = time.monotonic()
    verdict = deliver(make_http(receiver.url, timeout=timedelta(seconds=60), read_timeout=timedelta(seconds=0.3)))
    assert verdict.reason == "timeout"
    assert time.monotonic() - started < 30


def test_a_trickle_is_no_silence(receiver: Receiver, make_http: Make) -> None:
    receiver.default = Answer(cut="trickle")
    timeouts = {"timeout": timedelta(seconds=2), "read_timeout": timedelta(seconds=1)}
    started = time.monotonic()
    assert deliver(make_http(receiver.url, **timeouts)).reason == "timeout"
    assert time.monotonic() - started >= 1.9


def test_a_connection_that_is_not_made_is_bounded_by_itself(make_http: Make) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(8)
        timeouts = {"timeout": timedelta(seconds=60), "connect_timeout": timedelta(seconds=0.3)}
        started = time.monotonic()
        verdict = deliver(make_http(f"https://127.0.0.1:{mute.getsockname()[1]}/", raw=True, **timeouts))
    assert (verdict.result, verdict.reason) == (RETRY, "no_connection")
    assert time.monotonic() - started < 30


def test_a_name_is_resolved_once_and_that_very_address_connected_to(receiver: Receiver, make_http: Make) -> None:
    """Resolving again for the connection would let a name lead elsewhere in between."""
    seen: list[tuple[str, Any]] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo":
            seen.append(("resolve", arguments[0]))
        elif event == "socket.connect":
            seen.append(("connect", arguments[1][0]))

    # A hook cannot be taken away again; after this test it fills a list that nobody has.
    sys.addaudithook(note)
    deliver(make_http(receiver.url.replace("127.0.0.1", "localhost"), allow_private=True))
    told = list(seen)
    resolved = [what for what in told if what[0] == "resolve"]
    assert resolved == [("resolve", "localhost")]
    assert {address for what, address in told if what == "connect"} <= {"127.0.0.1", "::1"}
    assert receiver.requests


def test_certificates_of_one_destination_are_no_other_ones(
    private: Receiver, authority: Authority, make_http: Make
) -> None:
    deliver(make_http(private.url, ca=str(authority.ca)))
    assert tls_context().verify_mode is ssl.CERT_REQUIRED
    assert deliver(make_http(private.url)).reason == "tls"
