"""Where a request comes from, and whether its shortcode takes callbacks from there."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address

from gateway.domain.settings import Network

# Longer than any address; the rest of what a proxy passes on is not worth keeping.
_LONGEST = 64


def origin(peer: str, forwarded: Sequence[str], trusted: tuple[Network, ...]) -> str:
    """Return the address that a request comes from: the right-most hop that is none of our own proxies.

    `forwarded` are the X-Forwarded-For headers as they came. What stands left of that hop anybody could have written.
    """
    if not trusted or not _inside(peer, trusted):
        return peer
    hops = [hop.strip() for header in forwarded for hop in header.split(",") if hop.strip()]
    strangers = (hop[:_LONGEST] for hop in reversed(hops) if not _inside(hop, trusted))
    return next(strangers, hops[0] if hops else peer)


def allowed(source: str, networks: tuple[Network, ...] | None) -> bool:
    """Tell whether an address lies in one of the networks; None takes every address."""
    return networks is None or _inside(source, networks)


@lru_cache(maxsize=4096)
def _inside(source: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(source)
    except ValueError:
        return False
    # A socket that listens on IPv6 sees IPv4 callers as ::ffff:a.b.c.d.
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)
