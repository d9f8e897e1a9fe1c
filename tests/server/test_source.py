"""Where a request comes from."""

from ipaddress import ip_network

import pytest

from gateway.server.source import allowed, origin

PROXIES = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
SAFARICOM = (ip_network("196.201.214.200/32"), ip_network("2001:db8::/32"))
TABLE = [
    # Nobody is trusted: what stands in headers counts for nothing.
    ("198.51.100.7", ["196.201.214.200"], (), "198.51.100.7"),
    ("127.0.0.1", ["196.201.214.200"], (), "127.0.0.1"),
    # The peer itself is a stranger.
    ("198.51.100.7", ["196.201.214.200"], PROXIES, "198.51.100.7"),
    # One of ours passes on what it saw.
    ("127.0.0.1", ["196.201.214.200"], PROXIES, "196.201.214.200"),
    ("::ffff:127.0.0.1", ["196.201.214.200"], PROXIES, "196.201.214.200"),
    ("fd00::1", ["2001:db8::7"], PROXIES, "2001:db8::7"),
    # The right-most stranger, however much it forged to its left.
    ("127.0.0.1", ["196.201.214.200, 198.51.100.7"], PROXIES, "198.51.100.7"),
    ("127.0.0.1", ["196.201.214.200", "198.51.100.7"], PROXIES, "198.51.100.7"),
    ("127.0.0.1", ["196.201.214.200, 198.51.100.7, 10.1.2.3"], PROXIES, "198.51.100.7"),
    ("127.0.0.1", ["196.201.214.200,,  198.51.100.7 ,"], PROXIES, "198.51.100.7"),
    ("127.0.0.1", ["196.201.214.200, nonsense"], PROXIES, "nonsense"),
    ("127.0.0.1", ["196.201.214.200, unknown, 10.1.2.3"], PROXIES, "unknown"),
    # Nothing but our own.
    ("127.0.0.1", ["10.1.2.3, 10.1.2.4"], PROXIES, "10.1.2.3"),
    ("127.0.0.1", [], PROXIES, "127.0.0.1"),
    ("127.0.0.1", [" "], PROXIES, "127.0.0.1"),
    ("127.0.0.1", ["x" * 500], PROXIES, "x" * 64),
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
