"""The addresses that M-Pesa's callbacks come from."""

from ipaddress import ip_network

from gateway.domain.settings import Network

_ADDRESSES = (
    "196.201.212.69",
    "196.201.212.74",
    "196.201.212.127",
    "196.201.212.129",
    "196.201.212.136",
    "196.201.212.138",
    "196.201.213.44",
    "196.201.213.114",
    "196.201.214.200",
    "196.201.214.206",
    "196.201.214.207",
    "196.201.214.208",
)

SAFARICOM: tuple[Network, ...] = tuple(ip_network(address) for address in _ADDRESSES)
"""The twelve addresses that Safaricom's developer portal lists under "Callback and IP Whitelisting".

The list is the portal's of 2026, confirmed by several client libraries. Older lists also had 196.201.212.128 and
196.201.212.132. Safaricom changes it now and then, which is why a mismatch is kept in quarantine unless the
configuration refuses it. The sandbox calls from other addresses.
"""
