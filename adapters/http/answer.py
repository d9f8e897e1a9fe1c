"""What came back: a status with the receiver's words, or the reason why nothing (whole) did."""

import http.client
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError, SSLError

from adapters.http.guard import RefusedAddress
from adapters.http.masking import masked
from adapters.http.transport import NoConnectionError
from gateway.domain.settings import Secret

READ_AT_MOST = 64 * 1024
# Where expressions look into it: half a tree is none.
READ_WHOLE_AT_MOST = 1024 * 1024
KEEP_AT_MOST = 2_000

# Everything that `requests`, urllib3 and the reading of a body raise for what the network or the receiver did.
NETWORK_ERRORS = (requests.RequestException, HTTPError)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as far as it could be read. A broken one carries a reason, and its status where that still came."""

    status: int | None = None
    headers: Mapping[str, str] | None = None
    text: str | None = None
    # Fixed word: no_connection, tls, timeout, connection_cut, bad_answer, and those of guard, proxy and credentials,
    # each a row in verdict.py; None for a whole answer.
    broken: str | None = None
    # The bytes as they were read, for expressions; never shown.
    body: bytes = b""
    # There is more than was read.
    truncated: bool = False
    # A sentence for people that says more than the word.
    note: str | None = None


def read(response: requests.Response, secrets: Iterable[Secret], at_most: int = READ_AT_MOST) -> Answer:
    """Read an answer up to `at_most` bytes; what lies beyond is not waited for."""
    body, broken = body_of(response, at_most)
    truncated = len(body) > at_most
    body = body[:at_most]
    return Answer(response.status_code, response.headers, shown(body, secrets), broken, body, truncated)


def failed(error: Exception) -> Answer:
    """Return the answer that an error stands for."""
    root = _root(error)
    return Answer(broken=failure_word(error), note=str(root) if isinstance(root, RefusedAddress) else None)


def failure_word(error: Exception) -> str:
    """Return the fixed word for what the network did: the first row of the table that the error's root fits."""
    root = _root(error)
    if isinstance(error, NoConnectionError) and _PROXY_WANTS_CREDENTIALS in str(root):
        return "proxy_auth"
    table = _BEFORE_SENDING if isinstance(error, NoConnectionError) else _AFTER_SENDING
    return next(word for kind, word in table if isinstance(root, kind))


# What http.client says of a tunnel that was refused; there is no type of its own for it.
_PROXY_WANTS_CREDENTIALS = "Tunnel connection failed: 407"


_BEFORE_SENDING: tuple[tuple[type[BaseException], str], ...] = (
    (RefusedAddress, "refused_address"),
    (ssl.SSLError, "tls"),
    (SSLError, "tls"),
    (BaseException, "no_connection"),
)

# The order counts: RemoteDisconnected is a BadStatusLine too, and all of http.client's are HTTPExceptions.
_AFTER_SENDING: tuple[tuple[type[BaseException], str], ...] = (
    (ReadTimeoutError, "timeout"),
    (TimeoutError, "timeout"),
    (http.client.RemoteDisconnected, "connection_cut"),
    (http.client.IncompleteRead, "connection_cut"),
    (http.client.HTTPException, "bad_answer"),
    (SSLError, "connection_cut"),
    (OSError, "connection_cut"),
    (BaseException, "bad_answer"),
)


def _root(error: BaseException) -> BaseException:
    """Return the innermost error: the libraries wrap each other's as arguments, our own connections as causes."""
    inner = next((given for given in reversed(error.args) if isinstance(given, BaseException)), None)
    if isinstance(error, NoConnectionError):
        inner = error.__cause__
    return error if inner is None else _root(inner)


def body_of(response: requests.Response, at_most: int) -> tuple[bytes, str | None]:
    """Return the body and what broke it off; one byte more than `at_most` where there is more."""
    body = bytearray()
    try:
        while len(body) <= at_most:
            piece = response.raw.read(at_most + 1 - len(body), decode_content=False)
            if not piece:
                return bytes(body), None
            body += piece
    except NETWORK_ERRORS as error:
        return bytes(body), failure_word(error)
    finally:
        # A connection that was read to its end is back in the pool by now; any other is dropped.
        response.close()
    return bytes(body), None


def shown(body: bytes, secrets: Iterable[Secret]) -> str:
    """Return the first characters for people: echoed secrets masked, unprintable characters escaped."""
    text = masked(body.decode("utf-8", "replace"), secrets)
    return visible(text[:KEEP_AT_MOST])[:KEEP_AT_MOST]


def visible(text: str) -> str:
    """Return the text with control and other unprintable characters as escapes, so that no terminal obeys them."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
