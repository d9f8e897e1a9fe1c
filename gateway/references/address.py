"""References from an HTTP address: a JSON array, or text with one a line."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from gateway.domain.references import HttpSource
from gateway.references.unreadable import MOST_BYTES, TOO_LARGE, Unreadable, lines

_CHUNK = 64 * 1024


def read_address(source: HttpSource, timeout: timedelta) -> list[str]:
    """Return the references of the answer. Raises Unreadable."""
    seconds = timeout.total_seconds()
    headers = {"Accept": "application/json, text/plain"}
    if source.auth is not None:
        name, value = source.auth
        headers[name] = value.reveal()
    try:
        with requests.Session() as session:
            # No proxies and no .netrc of whoever started the gateway.
            session.trust_env = False
            # A redirect would carry the secret to where nobody sent it.
            with session.get(
                source.url, headers=headers, timeout=seconds, stream=True, allow_redirects=False
            ) as answer:
                if answer.status_code != 200:
                    raise Unreadable(f"it answered with the status {answer.status_code}")
                return _references(_body(answer, time.monotonic() + seconds), source)
    except (requests.RequestException, HTTPError, ValueError, OSError) as error:
        # Their texts quote the URL, which may hold a secret.
        raise Unreadable(f"it gave no answer ({type(error).__name__})") from None


def _body(answer: requests.Response, deadline: float) -> bytes:
    """Return the body, read until a deadline: a socket's own time-out starts anew with every byte that trickles in."""
    read = bytearray()
    # Not iter_content: it waits until a whole chunk is there.
    while chunk := answer.raw.read1(_CHUNK, decode_content=True):
        read += chunk
        if len(read) > MOST_BYTES:
            raise Unreadable(TOO_LARGE)
        if time.monotonic() > deadline:
            raise Unreadable("its answer took too long")
    return bytes(read)


def _references(body: bytes, source: HttpSource) -> list[str]:
    if source.items is None and source.field is None and not _is_like_json(body):
        return lines(body)
    try:
        # Numbers stay as they are written: 0010 is no number, and 1.50 is not 1.5.
        document: Any = json.loads(body.decode("utf-8-sig"), parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise Unreadable("its answer is not JSON") from None
    read = _itself if source.field is None else _member(source.field)
    return [read(item) for item in _array(document, source.items)]


def _is_like_json(body: bytes) -> bool:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{")


def _array(document: Any, member: str | None) -> list[Any]:
    found = document
    if member is not None:
        found = document.get(member) if isinstance(document, dict) else None
    if isinstance(found, list):
        return found
    if member is not None:
        raise Unreadable(f"the member {member} of its answer is no array")
    raise Unreadable("its answer is no array; where a member of it is, name that one with items")


def _itself(item: Any) -> str:
    if isinstance(item, str):
        return item
    raise Unreadable("not every item of its array is a text or a number; of objects, name the member with field")


def _member(field: str) -> Callable[[Any], str]:
    def read(item: Any) -> str:
        value = item.get(field) if isinstance(item, dict) else None
        if isinstance(value, str):
            return value
        raise Unreadable(f"not every item of its array is an object with a text or a number in {field}")

    return read
