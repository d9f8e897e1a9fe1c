"""Where a destination may lead: each address is looked at before it is connected to, and no other is connected to.

A name is resolved once and the connection goes to the very address that was looked at, so that a name which leads
elsewhere a moment later (DNS rebinding) changes nothing. How a host is written does not count: 2130706433, 0x7f.1 and
0177.0.0.1 are addresses to the resolver like any other.
"""

import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from urllib3.util.connection import allowed_gai_family

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Why an address may not be connected to. `always`: no setting allows it."""

    what: str
    always: bool


class RefusedAddress(OSError):
    """A host leads only to addresses where its destination may not go. The text is a sentence for people."""


# Services of cloud providers that hand credentials to whoever asks from inside.
_METADATA = (
    "169.254.169.254/32",
    "169.254.170.2/32",
    "169.254.170.23/32",
    "100.100.100.200/32",
    "168.63.129.16/32",
    "192.0.0.192/32",
    "fd00:ec2::/32",
    "fd20:ce::254/128",
)

# The first row that an address lies in counts.
_ROWS: Sequence[tuple[str, bool, tuple[IPv4Network | IPv6Network, ...]]] = tuple(
    (what, always, tuple(ip_network(network) for network in networks))
    for what, always, networks in (
        ("an address of a cloud's metadata service", True, _METADATA),
        ("an unspecified address", True, ("0.0.0.0/8", "::/128")),
        ("a link-local address", True, ("169.254.0.0/16", "fe80::/10")),
        ("a multicast or broadcast address", True, ("224.0.0.0/4", "255.255.255.255/32", "ff00::/8")),
        ("a loopback address", False, ("127.0.0.0/8", "::1/128")),
        ("a private address", False, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
        ("a shared (carrier's) address", False, ("100.64.0.0/10",)),
        ("a private address", False, ("64:ff9b:1::/48",)),
    )
)

_NAT64 = ip_network("64:ff9b::/96")
_COMPATIBLE = ip_network("::/96")


def forbidden(address: Address, allow_private: bool) -> Forbidden | None:
    """Return why `address` may not be connected to, None where it may."""
    inner = embedded(address)
    if inner is not None:
        return forbidden(inner, allow_private)
    for what, always, networks in _ROWS:
        if any(address in network for network in networks):
            return None if allow_private and not always else Forbidden(what, always)
    if allow_private or address.is_global:
        return None
    return Forbidden("a reserved address", False)


def embedded(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for or leads to: mapped, translated, or tunnelled."""
    if isinstance(address, IPv4Address):
        return None
    found = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
    last = IPv4Address(int(address) & 0xFFFF_FFFF)
    if found is None and address in _NAT64:
        found = last
    # ::1 and :: are addresses of their own.
    if found is None and address in _COMPATIBLE and int(address) > 1:
        found = last
    return found


def literal(host: str) -> Address | None:
    """Return the address that a URL's host is or surely means (localhost), None where it is a name."""
    plain = host.rstrip(".").lower()
    if plain == "localhost" or plain.endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(plain)
    except ValueError:
        pass
    try:
        # 127.1, 0x7f000001, 017700000001, 2130706433: the system's resolver takes them all.
        return IPv4Address(socket.inet_aton(plain))
    except (OSError, UnicodeError):
        return None


def refusal(host: str, address: Address, why: Forbidden) -> str:
    """Return the sentence for people."""
    leads = f"{host} is {why.what}" if host == str(address) else f"{host} leads to {address}, {why.what}"
    if why.always:
        return f"{leads}, where no destination may go."
    return f"{leads}, where this destination may not go: set `allow_private: true` if it is meant to."


def address_problems(what: str, url: str, allow_private: bool) -> Iterator[str]:
    """Yield what is wrong with an address that is written out. A name is looked at when it is connected to."""
    try:
        host = urlsplit(url).hostname or ""
        address = literal(host)
    except ValueError:
        return
    why = None if address is None else forbidden(address, allow_private)
    if address is not None and why is not None:
        yield f"{what}: {refusal(host, address, why)}"


@dataclass(frozen=True, slots=True)
class Guard:
    """Opens connections, to allowed addresses only."""

    allow_private: bool

    def look_at(self, host: str) -> None:
        """Raise RefusedAddress where `host` is a forbidden address: for those that a proxy connects to instead of us.

        What a name leads to only the proxy can know.
        """
        address = literal(host)
        why = None if address is None else forbidden(address, self.allow_private)
        if address is not None and why is not None:
            raise RefusedAddress(refusal(host, address, why))

    def connect(self, host: str, port: int, seconds: float | None, options: Sequence[Any] | None) -> socket.socket:
        """Return a connection to the first allowed address that takes one.

        Raises RefusedAddress where none is allowed, and what the system raises where none answers.
        """
        bare = host.strip("[]")
        allowed, refused = [], ""
        for family, kind, protocol, _, place in socket.getaddrinfo(
            bare, port, allowed_gai_family(), socket.SOCK_STREAM
        ):
            address = ip_address(str(place[0]))
            why = forbidden(address, self.allow_private)
            if why is None:
                allowed.append((family, kind, protocol, place))
            else:
                refused = refused or refusal(bare, address, why)
        if not allowed:
            raise RefusedAddress(refused or f"{bare} has no address.")
        return _first(allowed, seconds, options or ())


def _first(places: Sequence[Any], seconds: float | None, options: Sequence[Any]) -> socket.socket:
    """Try one after the other; each gets its share of the time that is left, so that a dead one does not eat it all."""
    deadline = None if seconds is None else time.monotonic() + seconds
    error: OSError = OSError("no address")
    for number, place in enumerate(places):
        left = None if deadline is None else max(0.001, deadline - time.monotonic()) / (len(places) - number)
        try:
            return _open(place, left, options)
        except OSError as failed:
            error = failed
    raise error


def _open(place: Any, seconds: float | None, options: Sequence[Any]) -> socket.socket:
    family, kind, protocol, address = place
    opened = socket.socket(family, kind, protocol)
    try:
        for option in options:
            opened.setsockopt(*option)
        opened.settimeout(seconds)
        opened.connect(address)
    except BaseException:
        opened.close()
        raise
    return opened
