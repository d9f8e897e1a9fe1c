"""Where a request comes from, and whether its shortcode takes callbacks from there."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from tornado.httputil import HTTPServerRequest

from gateway.domain.settings import Network

UNKNOWN = "unknown"
"""The source where one of our proxies passed on something that is no address (the word is that of RFC 7239)."""

_PASSED_ON = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
"""Headers that proxies add."""

# "198.51.100.7:4711", "[2001:db8::7]", "[2001:db8::7]:443": some proxies add the port.
_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}|\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?", re.ASCII)


def origin(peer: str, forwarded: Sequence[str], trusted: tuple[Network, ...]) -> str:
    """Return the address that a request comes from: the right-most hop that is none of our own proxies.

    `forwarded` are the X-Forwarded-For headers in the order they came; together they are one list. Each proxy adds
    the address it was called from at its right end, so that an entry counts only if everything to its right was
    written by a proxy of ours. What stands left of the first stranger anybody could have written, and is not looked at.

    An entry that is no address ends the walk, and the source is then `UNKNOWN`: not the entry, which somebody might
    choose, and not the proxy that told it, which `allow_from` may well name.
    """
    source = _plain(peer)
    if not trusted or not _inside(source, trusted):
        return source
    for hop in _hops(forwarded):
        source = _plain(_without_port(hop))
        if not _inside(source, trusted):
            return source if _address(source) else UNKNOWN
    # Every hop is one of ours: the left-most began it.
    return source


def origin_of(request: HTTPServerRequest, trusted: tuple[Network, ...]) -> str:
    """Return the address that a person's request comes from.

    Something that passes requests on and is no proxy of ours cannot be believed, and itself stands on loopback more
    often than not: then the address is `UNKNOWN`.
    """
    peer = str(request.remote_ip or "")
    forwarded = request.headers.get_list("X-Forwarded-For")
    if not _inside(_plain(peer), trusted) and any(name in request.headers for name in _PASSED_ON):
        return UNKNOWN
    return origin(peer, forwarded, trusted)


def allowed(source: str, networks: tuple[Network, ...] | None) -> bool:
    """Tell whether an address lies in one of the networks; None takes every address."""
    return networks is None or _inside(source, networks)


def _hops(forwarded: Sequence[str]) -> Iterator[str]:
    """Give the entries from the right. Empty ones are allowed in such a list and mean nothing (RFC 9110, 5.6.1)."""
    for header in reversed(forwarded):
        for hop in reversed(header.split(",")):
            if hop.strip():
                yield hop.strip()


def _without_port(hop: str) -> str:
    found = _WITH_PORT.fullmatch(hop)
    return hop if found is None else found[1] or found[2]


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    address = _address(text)
    if not isinstance(address, IPv6Address):
        return text if address is None else str(address)
    # A socket that listens on IPv6 sees IPv4 callers as ::ffff:a.b.c.d. A zone (fe80::1%eth0) is free text.
    return str(address.ipv4_mapped or IPv6Address(int(address)))


@lru_cache(maxsize=4096)
def _inside(source: str, networks: tuple[Network, ...]) -> bool:
    address = _address(_plain(source))
    return address is not None and any(address in network for network in networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
