"""Credentials that are fixed: what arrives of each kind, and that no message holds it."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.http import HttpAdapter
from adapters.http.masking import masked
from adapters.testing import Answer, MemoryProgress, Receiver, sample_event
from gateway.domain.delivery import AttemptResult
from gateway.domain.settings import Secret

Make = Callable[..., HttpAdapter]

NOW = datetime(2026, 3, 2, 6, 30, 8, tzinfo=UTC)
TIME = str(int(NOW.timestamp()))


@pytest.mark.parametrize(
    ("prefix", "sent"),
    [
        (None, "k:s"),
        ("", "k:s"),
        ("token", "token k:s"),
        ("token ", "token k:s"),
        ("Zoho-oauthtoken", "Zoho-oauthtoken k:s"),
        ("Token token=", "Token token=k:s"),
    ],
)
def test_a_header_with_a_prefix(prefix: str | None, sent: str, receiver: Receiver, make_http: Make) -> None:
    given = {"name": "Authorization", "value": Secret("k:s"), **({} if prefix is None else {"prefix": prefix})}
    make_http(receiver.url, auth={"header": given}).deliver(sample_event(), MemoryProgress())
    assert receiver.requests[0].headers["authorization"] == sent


@pytest.mark.parametrize(
    ("path", "sent", "shown"),
    [
        ("/pay", "/pay?api_key=a%2Fb%20%26c", "api_key=***"),
        ("/pay?db=duka", "/pay?db=duka&api_key=a%2Fb%20%26c", "***&api_key=***"),
        ("/pay?api_key=&db=duka", "/pay?db=duka&api_key=a%2Fb%20%26c", "***&api_key=***"),
    ],
)
def test_a_key_in_the_query(path: str, sent: str, shown: str, receiver: Receiver, make_http: Make) -> None:
    adapter = make_http(receiver.url + path, auth={"query": {"name": "api_key", "value": Secret("a/b &c")}})
    adapter.deliver(sample_event(), MemoryProgress())
    assert receiver.requests[0].path == sent
    assert adapter.preview(sample_event())[0].title == f"POST {receiver.url}/pay?{shown}"


def mark(signed: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new("kĩ".encode(), signed, getattr(hashlib, algorithm)).digest()


HMACS: list[tuple[dict[str, Any], Callable[[bytes], str]]] = [
    ({}, lambda body: mark(body).hex()),
    ({"prefix": "sha256="}, lambda body: f"sha256={mark(body).hex()}"),
    ({"algorithm": "sha1"}, lambda body: mark(body, "sha1").hex()),
    ({"algorithm": "sha512", "encoding": "base64"}, lambda body: b64encode(mark(body, "sha512")).decode()),
    ({"signs": "timestamp.body"}, lambda body: mark(f"{TIME}.".encode() + body).hex()),
]


@pytest.mark.parametrize(("settings", "expected"), HMACS)
def test_an_hmac(
    settings: Mapping[str, Any], expected: Callable[[bytes], str], receiver: Receiver, make_http: Make
) -> None:
    given = {"secret": Secret("kĩ"), "header": "X-Signature", **settings}
    make_http(receiver.url, clock=lambda: NOW, auth={"hmac": given}).deliver(sample_event(), MemoryProgress())
    received = receiver.requests[0]
    assert received.headers["x-signature"] == expected(received.body)


def test_an_hmac_with_its_time_in_a_header_of_its_own(receiver: Receiver, make_http: Make) -> None:
    given = {"secret": Secret("k"), "header": "X-Signature", "timestamp_header": "X-Timestamp"}
    adapter = make_http(receiver.url, clock=lambda: NOW, auth={"hmac": given})
    adapter.deliver(sample_event(), MemoryProgress())
    (preview,) = adapter.preview(sample_event())
    assert receiver.requests[0].headers["x-timestamp"] == preview.headers["X-Timestamp"] == TIME
    assert preview.headers["X-Signature"] == "***"


@pytest.mark.parametrize(
    "echo",
    [
        'a/b &"c"',
        "a%2Fb%20%26%22c%22",
        "a/b%20%26%22c%22",
        "a%2Fb+%26%22c%22",
        'a/b &\\"c\\"',
        "a/b &amp;&quot;c&quot;",
    ],
)
def test_a_secret_is_masked_however_it_is_echoed(echo: str, receiver: Receiver, make_http: Make) -> None:
    receiver.default = Answer(400, body=f"bad key <{echo}>".encode())
    adapter = make_http(receiver.url, auth={"query": {"name": "key", "value": Secret('a/b &"c"')}})
    assert adapter.deliver(sample_event(), MemoryProgress()).answer == "bad key <***>"


def test_an_empty_secret_masks_nothing() -> None:
    """Every place between two characters is an empty text."""
    assert masked("abc", [Secret("")]) == "abc"


def test_of_two_secrets_one_inside_the_other_nothing_is_left() -> None:
    assert masked("abcdef", [Secret("abc"), Secret("abcdef")]) == "***"


FAULTY: list[Mapping[str, Any]] = [
    {"auth": {"bearer": Secret("tok-9\n")}},
    {"auth": {"bearer": Secret("")}},
    {"auth": {"query": {"name": "key", "value": Secret("")}}},
    {"sign": Secret("tok-9, no base64")},
]


@pytest.mark.parametrize("settings", FAULTY)
def test_a_faulty_secret_is_no_unknown_end(settings: Mapping[str, Any], receiver: Receiver, make_http: Make) -> None:
    """A header of two lines failed after the step was begun, as if it might have arrived: a dead letter for nothing."""
    progress = MemoryProgress()
    verdict = make_http(receiver.url, raw=True, **settings).deliver(sample_event(), progress)
    assert (verdict.result, verdict.reason) == (AttemptResult.RETRY, "faulty_settings")
    assert (progress.log, receiver.requests) == ([], [])
    assert "tok-9" not in repr(verdict)
