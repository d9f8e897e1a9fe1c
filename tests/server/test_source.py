"""Where a request comes from."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.server.source import UNKNOWN, allowed, origin

PROXIES = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
SAFARICOM = (ip_network("196.201.214.200/32"), ip_network("2001:db8::/32"))
TABLE = [
    # Nobody is trusted: what stands in headers counts for nothing.
    ("198.51.100.7", ["196.201.214.200"], (), "198.51.100.7"),
    ("127.0.0.1", ["196.201.214.200"], (), "127.0.0.1"),
    ("::ffff:198.51.100.7", [], (), "198.51.100.7"),
    # The peer itself is a stranger.
    ("198.51.100.7", ["196.201.214.200"], PROXIES, "198.51.100.7"),
    # One of ours passes on what it saw.
    ("127.0.0.1", ["196.201.214.200"], PROXIES, "196.201.214.200"),
    ("::ffff:127.0.0.1", ["196.201.214.200"], PROXIES, "196.201.214.200"),
    ("127.0.0.1", ["::ffff:196.201.214.200"], PROXIES, "196.201.214.200"),
    ("fd00::1", ["2001:db8::7"], PROXIES, "2001:db8::7"),
    ("fd00::1", ["2001:DB8:0:0::7"], PROXIES, "2001:db8::7"),
    # The right-most stranger, however much it forged to its left.
    ("127.0.0.1", ["196.201.214.200, 198.51.100.7"], PROXIES, "198.51.100.7"),
    ("127.0.0.1", ["196.201.214.200", "198.51.100.7"], PROXIES, "198.51.100.7"),
    ("127.0.0.1", ["196.201.214.200, 198.51.100.7, 10.1.2.3"], PROXIES, "198.51.100.7"),
    ("127.0.0.1", ["196.201.214.200, 198.51.100.7", "10.1.2.3", "::ffff:10.1.2.4"], PROXIES, "198.51.100.7"),
    ("127.0.0.1", ["196.201.214.200, 10.9.9.9, 198.51.100.7, 10.1.2.3"], PROXIES, "198.51.100.7"),
    ("127.0.0.1", ["196.201.214.200,,  198.51.100.7 ,"], PROXIES, "198.51.100.7"),
    # Proxies that add the port.
    ("127.0.0.1", ["196.201.214.200, 198.51.100.7:5678"], PROXIES, "198.51.100.7"),
    ("127.0.0.1", ["196.201.214.200:80, 10.1.2.3:80"], PROXIES, "196.201.214.200"),
    ("127.0.0.1", ["[2001:db8::7]:443, [fd00::2]:80"], PROXIES, "2001:db8::7"),
    ("127.0.0.1", ["[2001:db8::7]"], PROXIES, "2001:db8::7"),
    ("127.0.0.1", ["fe80::1%whatever it likes"], PROXIES, "fe80::1"),
    # What is no address ends the walk; its words are not taken over.
    ("127.0.0.1", ["196.201.214.200, nonsense"], PROXIES, "unknown"),
    ("127.0.0.1", ["196.201.214.200, unknown, 10.1.2.3"], PROXIES, "unknown"),
    ("127.0.0.1", ["196.201.214.200, 10.0.0.1.evil"], PROXIES, "unknown"),
    ("127.0.0.1", ["196.201.214.200, 198.51.100.7:99999999"], PROXIES, "unknown"),
    ("127.0.0.1", ["196.201.214.200, 10.1.2.3/8"], PROXIES, "unknown"),
    ("127.0.0.1", ["196.201.214.200, \u0661.2.3.4"], PROXIES, "unknown"),
    ("127.0.0.1", ["for=196.201.214.200"], PROXIES, "unknown"),
    ("127.0.0.1", ["[nonsense]:80"], PROXIES, "unknown"),
    ("127.0.0.1", ["x" * 500], PROXIES, "unknown"),
    # Nothing but our own.
    ("127.0.0.1", ["10.1.2.3, 10.1.2.4"], PROXIES, "10.1.2.3"),
    ("127.0.0.1", [], PROXIES, "127.0.0.1"),
    ("127.0.0.1", [" "], PROXIES, "127.0.0.1"),
    ("127.0.0.1", [",,,"], PROXIES, "127.0.0.1"),
    ("", ["196.201.214.200"], PROXIES, ""),
]


@pytest.mark.parametrize(("peer", "forwarded", "trusted", "source"), TABLE)
def test_origin(peer: str, forwarded: list[str], trusted: tuple[object, ...], source: str) -> None:
    assert origin(peer, forwarded, trusted) == source  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "taken"),
    [
        ("196.201.214.200", True),
        ("::ffff:196.201.214.200", True),
        ("2001:db8::1", True),
        ("196.201.214.201", False),
        ("nonsense", False),
        ("", False),
        ("196.201.214.200:443", False),
    ],
)
def test_allowed(source: str, taken: bool) -> None:
    assert allowed(source, SAFARICOM) is taken
    assert allowed(source, None)
    assert not allowed(source, ())


HOPS = st.one_of(
    st.sampled_from(
        ["10.1.2.3", "[fd00::2]:80", "196.201.214.200", "198.51.100.7:4711", "unknown", "", ",", ":", "[]"]
    ),
    st.text(max_size=12),
)


@given(st.lists(HOPS, max_size=6), st.lists(HOPS, max_size=4))
def test_what_a_sender_writes_never_decides_where_it_comes_from(forged: list[str], more: list[str]) -> None:
    """A proxy of ours adds what it saw at the right end; whatever was there before changes nothing."""
    seen = "198.51.100.7, 10.1.2.3"
    for headers in ([", ".join([*forged, seen])], [*forged, seen], [*forged, ", ".join(more), seen]):
        assert origin("127.0.0.1", headers, PROXIES) == "198.51.100.7"
    # And without a proxy nothing in a header counts.
    assert origin("198.51.100.7", [*forged, *more], PROXIES) == "198.51.100.7"
    assert origin("10.1.2.3", [*forged, *more], ()) == "10.1.2.3"


@given(st.lists(HOPS, max_size=6))
def test_the_source_is_always_an_address_or_unknown(headers: list[str]) -> None:
    source = origin("127.0.0.1", headers, PROXIES)
    assert source == UNKNOWN or str(ip_address(source)) == source
