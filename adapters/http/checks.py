"""What can be wrong with the settings that a JSON Schema cannot express."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from adapters.http.address import is_whole
from adapters.http.auth import Auth
from adapters.http.guard import address_problems
from adapters.http.header_value import value_problems
from adapters.http.network import Network
from adapters.http.options import Options
from adapters.http.request import OWN_HEADERS
from adapters.http.steps import METHODS
from adapters.http.tls import tls_problems
from gateway.domain.adapter import Mistake

LONGEST_TIMEOUT = timedelta(minutes=5)
LARGEST_ANSWER = 64 * 1024 * 1024

_UNDER_AUTH = "put them under `auth: {basic: {user, password}}`"

Path = tuple[str | int, ...]


def problems(settings: Mapping[str, Any], options: Options, auth: Auth) -> tuple[str, ...]:
    """Return every mistake, a sentence each, without a secret in it."""
    steps = settings.get("steps") or ()
    probe = settings.get("probe") or {}
    inner: list[tuple[Path, Mapping[str, Any]]] = [(("steps", index), step) for index, step in enumerate(steps)]
    found = [*_url(options), *_network(options.network), *_headers(options.headers, (), auth)]
    for path, given in (*inner, (("probe",), probe)):
        found += _headers(given.get("headers") or {}, path, auth)
        found += _timeout(given["timeout"], (*path, "timeout")) if given.get("timeout") is not None else ()
        found += _addresses(given, path, options)
    found += [Mistake(sentence, ("sign",)) for sentence in options.signer.problems()]
    found += [Mistake(sentence, (sentence.split("`")[1],)) for sentence in tls_problems(options.network)]
    return (*found, *_credential(auth))


def _url(options: Options) -> Iterator[Mistake]:
    allow_private = options.network.allow_private
    for sentence in (*_url_problems(options.url), *address_problems("`url`", options.url, allow_private)):
        yield Mistake(sentence, ("url",))


def _url_problems(url: str, what: str = "`url`", instead: str = _UNDER_AUTH) -> Iterator[str]:
    if "{{" in url:
        yield "`url` is no template; write a step, whose path is one: `steps: [{name: send, post: ...}]`."
        return
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


def _addresses(given: Mapping[str, Any], path: Path, options: Options) -> Iterator[Mistake]:
    """Yield what is wrong with the path of a step, as far as it is written out."""
    for word in METHODS:
        written, _, rest = str(given.get(word, "")).partition("{{")
        if "#" in written:
            yield Mistake(
                f"`{word}` holds a #, and what stands behind one is never sent: write it as %23.", (*path, word)
            )
        # A host that an expression would complete is told of elsewhere.
        if is_whole(written) and not (rest and written.count("/") < 3):
            private = address_problems(f"`{word}`", written, options.network.allow_private)
            for sentence in (*_url_problems(written, f"`{word}`"), *private):
                yield Mistake(sentence, (*path, word))


def _network(network: Network) -> Iterator[Mistake]:
    yield from _timeout(network.timeout, ("timeout",))
    for name, time in (("connect_timeout", network.connect_timeout), ("read_timeout", network.read_timeout)):
        yield from () if time is None else _timeout(time, (name,))
    if network.answer_limit is not None and not 1024 <= network.answer_limit <= LARGEST_ANSWER:
        yield Mistake("`answer_limit` must be at least 1KiB and at most 64MiB.", ("answer_limit",))
    for sentence in _proxy(network):
        yield Mistake(sentence, ("proxy" if network.proxy and network.proxy.url else "proxy_auth",))


def _proxy(network: Network) -> Iterator[str]:
    if network.proxy is None:
        return
    if not network.proxy.url:
        yield "`proxy_auth` stands here without a `proxy`: add its address, or leave `proxy_auth` out."
        return
    yield from _url_problems(network.proxy.url, "`proxy`", "put them under `proxy_auth: {user, password}`")
    yield from address_problems("`proxy`", network.proxy.url, network.allow_private)


def _timeout(timeout: timedelta, path: Path) -> Iterator[Mistake]:
    if not timedelta(0) < timeout <= LONGEST_TIMEOUT:
        yield Mistake(f"`{path[-1]}` must be more than nothing and at most 5m.", path)


def _headers(headers: Mapping[str, str], path: Path, auth: Auth) -> Iterator[Mistake]:
    for name, value in headers.items():
        for sentence in (*_name(name, auth), *value_problems(f"`headers`: the value of {name}", str(value))):
            yield Mistake(sentence, (*path, "headers", name))


def _name(name: str, auth: Auth) -> Iterator[str]:
    if name.lower() in OWN_HEADERS:
        yield f"`headers` may not set {name}: Pesagate sets it itself."
    if name.lower() == "authorization":
        yield f"`headers` may not set {name}: put it under `auth`, where it is kept secret."
    if name.lower() != "authorization" and name.lower() in (used.lower() for used in auth.names()):
        yield f"`headers` sets {name}, which `auth` sets too: leave one of them out."


def _credential(auth: Auth) -> Iterator[Mistake]:
    for name in auth.names():
        if name.lower() in OWN_HEADERS:
            yield Mistake(f"`auth` may not use the header {name}: Pesagate sets it itself.", ("auth",))
    for sentence in auth.problems():
        yield Mistake(sentence, ("auth",))
