"""What can be wrong with the settings that a JSON Schema cannot express."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from adapters.http.header_value import value_problems
from adapters.http.options import Options
from adapters.http.request import OWN_HEADERS
from gateway.domain.adapter import Mistake

LONGEST_TIMEOUT = timedelta(minutes=5)

Path = tuple[str | int, ...]


def problems(settings: Mapping[str, Any], options: Options) -> tuple[str, ...]:
    """Return every mistake, a sentence each, without a secret in it."""
    steps = settings.get("steps") or ()
    probe = settings.get("probe") or {}
    inner: list[tuple[Path, Mapping[str, Any]]] = [(("steps", index), step) for index, step in enumerate(steps)]
    found = [*_url(options.url), *_timeout(options.timeout, ("timeout",)), *_headers(options.headers, (), options)]
    for path, given in (*inner, (("probe",), probe)):
        found += _headers(given.get("headers") or {}, path, options)
        found += _timeout(given["timeout"], (*path, "timeout")) if given.get("timeout") is not None else ()
    return (*found, *_credential(options))


def _url(url: str) -> Iterator[Mistake]:
    for sentence in _url_problems(url):
        yield Mistake(sentence, ("url",))


def _url_problems(url: str) -> Iterator[str]:
    if "{{" in url:
        yield "`url` is no template; write a step, whose path is one: `steps: [{name: send, post: ...}]`."
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        yield "`url` is not a URL: its host or port cannot be read."
        return
    if parts.scheme not in ("http", "https"):
        yield "`url` must begin with http:// or https://."
    if not host:
        yield "`url` names no host."
    elif any(not 0 < len(label) < 64 for label in host.rstrip(".").split(".")):
        yield "`url` names a host with an empty part or one of more than 63 characters."
    if "@" in parts.netloc:
        yield "`url` holds a user name or password; put them under `auth: {basic: {user, password}}`."
    if any(not char.isprintable() or char == " " for char in url):
        yield "`url` holds a space or an unprintable character; write it as %20 or leave it out."


def _timeout(timeout: timedelta, path: Path) -> Iterator[Mistake]:
    if not timedelta(0) < timeout <= LONGEST_TIMEOUT:
        yield Mistake("`timeout` must be more than nothing and at most 5m.", path)


def _headers(headers: Mapping[str, str], path: Path, options: Options) -> Iterator[Mistake]:
    for name, value in headers.items():
        for sentence in (*_name(name, options), *value_problems(f"`headers`: the value of {name}", str(value))):
            yield Mistake(sentence, (*path, "headers", name))


def _name(name: str, options: Options) -> Iterator[str]:
    if name.lower() in OWN_HEADERS:
        yield f"`headers` may not set {name}: Pesagate sets it itself."
    if name.lower() == "authorization":
        yield f"`headers` may not set {name}: put it under `auth`, where it is kept secret."
    if options.credential and name.lower() == options.credential.header.lower() != "authorization":
        yield f"`headers` sets {name}, which `auth` sets too: leave one of them out."


def _credential(options: Options) -> Iterator[str]:
    if options.credential is None:
        return
    name = options.credential.header
    if name.lower() in OWN_HEADERS:
        yield Mistake(f"`auth` may not use the header {name}: Pesagate sets it itself.", ("auth",))
    if any(not part.reveal() for part in options.credential.parts):
        yield Mistake("`auth` holds an empty secret.", ("auth",))
    for sentence in value_problems("`auth`: the secret", options.credential.value.reveal()):
        yield Mistake(sentence, ("auth",))
