"""Where destinations may lead: addresses in all the ways to write them."""

import socket
from collections.abc import Callable
from ipaddress import ip_address

import pytest

from adapters.http import HttpAdapter
from adapters.http.guard import forbidden, literal
from adapters.testing import MemoryProgress, Receiver, sample_event
from gateway.domain.delivery import AttemptResult

Make = Callable[..., HttpAdapter]

PUBLIC = ["196.201.214.200", "8.8.8.8", "2a00:1450:4001::1", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"]

PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.127.255.254",
    "198.18.0.1",
    "240.0.0.1",
    "192.0.2.1",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "2001:db8::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:a00:1::1",
]

NEVER = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.1.1",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_allowed(text: str) -> None:
    assert forbidden(ip_address(text), False) is None


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses_need_a_word(text: str) -> None:
    why = forbidden(ip_address(text), False)
    assert why is not None
    assert not why.always
    assert forbidden(ip_address(text), True) is None


@pytest.mark.parametrize("text", NEVER)
def test_some_addresses_are_never_allowed(text: str) -> None:
    for allow_private in (False, True):
        why = forbidden(ip_address(text), allow_private)
        assert why is not None
        assert why.always


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0251.0376.0251.0376", "169.254.169.254"),
        ("::ffff:7f00:1", "::ffff:127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("LOCALHOST.", "127.0.0.1"),
        ("erp.localhost", "127.0.0.1"),
        ("erp.duka.example", None),
        ("deadbeef.example", None),
        ("1.2.3.4.5", None),
        ("", None),
    ],
)
def test_what_a_host_surely_means(host: str, address: str | None) -> None:
    assert literal(host) == (None if address is None else ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]"])
def test_nothing_reaches_a_private_receiver_without_the_word(host: str, receiver: Receiver, make_http: Make) -> None:
    url = receiver.url.replace("127.0.0.1", host)
    adapter = make_http(url, allow_private=False)
    verdict = adapter.deliver(sample_event(), MemoryProgress())
    assert (verdict.result, verdict.reason) == (AttemptResult.REJECTED, "refused_address")
    assert "where this destination may not go: set `allow_private: true`" in verdict.detail
    assert receiver.requests == []
    assert [said for said in adapter.check() if said.startswith("`url`: ")]


def test_the_sentence_names_where_a_name_leads(make_http: Make) -> None:
    verdict = make_http("http://localhost:1/", allow_private=False).deliver(sample_event(), MemoryProgress())
    address = socket.getaddrinfo("localhost", 1, 0, socket.SOCK_STREAM)[0][4][0]
    assert verdict.detail == (
        f"localhost leads to {address}, a loopback address, where this destination may not go: "
        "set `allow_private: true` if it is meant to."
    )


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fd00:ec2::254]", "0.0.0.0", "[::ffff:169.254.169.254]", "2852039166"]
)
def test_metadata_services_are_refused_all_the_same(host: str, make_http: Make) -> None:
    adapter = make_http(f"http://{host}/latest/meta-data/", allow_private=True)
    verdict = adapter.deliver(sample_event(), MemoryProgress())
    assert (verdict.result, verdict.reason) == (AttemptResult.REJECTED, "refused_address")
    assert verdict.detail.endswith("where no destination may go.")
    assert [said for said in adapter.check() if said.endswith("where no destination may go.")]


def test_raw_bytes_that_were_refused_an_address_are_no_unknown(make_http: Make) -> None:
    adapter = make_http("http://127.0.0.1:1/", raw=True, allow_private=False)
    assert adapter.deliver(sample_event(), MemoryProgress()).result is AttemptResult.REJECTED
