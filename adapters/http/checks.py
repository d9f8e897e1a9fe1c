"""What can be wrong with the settings that a JSON Schema cannot express."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from adapters.http.auth import Auth
from adapters.http.guard import address_problems
from adapters.http.header_value import value_problems
from adapters.http.network import Network
from adapters.http.options import Options
from adapters.http.request import OWN_HEADERS
from adapters.http.tls import tls_problems

LONGEST_TIMEOUT = timedelta(minutes=5)
LARGEST_ANSWER = 64 * 1024 * 1024

_UNDER_AUTH = "put them under `auth: {basic: {user, password}}`"


def problems(options: Options, auth: Auth) -> tuple[str, ...]:
    """Return every mistake, a sentence each, without a secret in it."""
    return (
        *_url(options.url),
        *address_problems("`url`", options.url, options.network.allow_private),
        *_network(options.network),
        *_headers(options, auth),
        *_credential(auth),
        *options.signer.problems(),
        *tls_problems(options.network),
    )


def _url(url: str, what: str = "`url`", instead: str = _UNDER_AUTH) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        yield f"{what} is not a URL: its host or port cannot be read."
        return
    if parts.scheme not in ("http", "https"):
        yield f"{what} must begin with http:// or https://."
    if not host:
        yield f"{what} names no host."
    elif any(not 0 < len(label) < 64 for label in host.rstrip(".").split(".")):
        yield f"{what} names a host with an empty part or one of more than 63 characters."
    if "@" in parts.netloc:
        yield f"{what} holds a user name or password; {instead}."
    if any(not char.isprintable() or char == " " for char in url):
        yield f"{what} holds a space or an unprintable character; write it as %20 or leave it out."


def _network(network: Network) -> Iterator[str]:
    times = {"timeout": network.timeout, "connect_timeout": network.connect_timeout}
    for name, time in {**times, "read_timeout": network.read_timeout}.items():
        if not timedelta(0) < time <= LONGEST_TIMEOUT:
            yield f"`{name}` must be more than nothing and at most 5m."
    if not 1024 <= network.answer_limit <= LARGEST_ANSWER:
        yield "`answer_limit` must be at least 1KiB and at most 64MiB."
    if network.proxy is not None and not network.proxy.url:
        yield "`proxy_auth` stands here without a `proxy`: add its address, or leave `proxy_auth` out."
    elif network.proxy is not None:
        yield from _url(network.proxy.url, "`proxy`", "put them under `proxy_auth: {user, password}`")
        yield from address_problems("`proxy`", network.proxy.url, network.allow_private)


def _headers(options: Options, auth: Auth) -> Iterator[str]:
    for name, value in options.headers.items():
        if name.lower() in OWN_HEADERS:
            yield f"`headers` may not set {name}: Pesagate sets it itself."
        if name.lower() == "authorization":
            yield f"`headers` may not set {name}: put it under `auth`, where it is kept secret."
        if auth.header and name.lower() == auth.header.lower() != "authorization":
            yield f"`headers` sets {name}, which `auth` sets too: leave one of them out."
        yield from value_problems(f"`headers`: the value of {name}", value)


def _credential(auth: Auth) -> Iterator[str]:
    if auth.header and auth.header.lower() in OWN_HEADERS:
        yield f"`auth` may not use the header {auth.header}: Pesagate sets it itself."
    yield from auth.problems()
