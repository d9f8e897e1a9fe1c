"""What can be wrong with the settings that a JSON Schema cannot express."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from adapters.http.options import Options
from adapters.http.request import OWN_HEADERS

LONGEST_TIMEOUT = timedelta(minutes=5)


def problems(options: Options) -> tuple[str, ...]:
    """Return every mistake, a sentence each, without a secret in it."""
    return (*_url(options.url), *_timeout(options.timeout), *_headers(options), *_credential(options))


def _url(url: str) -> Iterator[str]:
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


def _timeout(timeout: timedelta) -> Iterator[str]:
    if not timedelta(0) < timeout <= LONGEST_TIMEOUT:
        yield "`timeout` must be more than nothing and at most 5m."


def _headers(options: Options) -> Iterator[str]:
    for name, value in options.headers.items():
        if name.lower() in OWN_HEADERS:
            yield f"`headers` may not set {name}: Pesagate sets it itself."
        if name.lower() == "authorization":
            yield f"`headers` may not set {name}: put it under `auth`, where it is kept secret."
        if options.credential and name.lower() == options.credential.header.lower() != "authorization":
            yield f"`headers` sets {name}, which `auth` sets too: leave one of them out."
        yield from _value(f"`headers`: the value of {name}", value)


def _credential(options: Options) -> Iterator[str]:
    if options.credential is None:
        return
    name = options.credential.header
    if name.lower() in OWN_HEADERS:
        yield f"`auth` may not use the header {name}: Pesagate sets it itself."
    if any(not part.reveal() for part in options.credential.parts):
        yield "`auth` holds an empty secret."
    yield from _value("`auth`: the secret", options.credential.value.reveal())


def _value(what: str, value: str) -> Iterator[str]:
    if any(char in value for char in "\r\n\0"):
        yield f"{what} holds a line break; a header is one line (is there one at the end of a file?)."
    elif value != value.strip():
        yield f"{what} begins or ends with a space."
    elif not value.isascii():
        yield f"{what} holds a character outside ASCII, which a header cannot carry."
