"""The http adapter keeps the contract: events, raw bytes declared idempotent, each kind of credential."""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from adapters.http import HttpAdapter
from adapters.testing import Answer, MemoryProgress, Receiver, RemoteContract, RemotePlace, sample_event
from gateway.domain.settings import Secret

TOKEN = "tok-3f9c0d5e81"

PAIR = "cGVzYWdhdGU6dG9rLTNmOWMwZDVlODE="

AUTHS: Mapping[str, Mapping[str, Any]] = {
    "bearer": {"bearer": Secret(TOKEN)},
    "basic": {"basic": {"user": "pesagate", "password": Secret(TOKEN)}},
    "header": {"header": {"name": "X-Api-Key", "value": Secret(TOKEN)}},
    "prefix": {"header": {"name": "Authorization", "value": Secret(TOKEN), "prefix": "token"}},
    "query": {"query": {"name": "key", "value": Secret(TOKEN)}},
    "hmac": {"hmac": {"secret": Secret(TOKEN), "header": "X-Signature", "signs": "timestamp.body"}},
}


class HttpPlace(RemotePlace):
    """A scripted receiver that echoes the credentials, as careless receivers do."""

    def __init__(self, receiver: Receiver, make: Callable[..., HttpAdapter], settings: Mapping[str, Any]) -> None:
        self._receiver = receiver
        self._make = make
        self._settings = settings
        self.secrets: Sequence[str] = (TOKEN, PAIR) if "basic" in settings["auth"] else (TOKEN,)
        # Bound, not listening: nobody else can get this port, and whoever connects is refused.
        self._closed = socket.socket()
        self._closed.bind(("127.0.0.1", 0))
        receiver.default = self._echoing(200)

    def adapter(self) -> HttpAdapter:
        return self._make(self._receiver.url + "/payments?key=hidden", **self._settings)

    def arrived(self) -> Sequence[str]:
        return [received.headers["webhook-id"] for received in self._receiver.requests]

    def unreachable(self) -> HttpAdapter:
        return self._make(f"http://127.0.0.1:{self._closed.getsockname()[1]}/", **self._settings)

    def silent(self) -> HttpAdapter:
        self._receiver.default = Answer(delay=60)
        return self._make(self._receiver.url, **{**self._settings, "timeout": timedelta(seconds=0.3)})

    def forbidding(self) -> HttpAdapter:
        self._receiver.default = self._echoing(401)
        return self.adapter()

    def busy(self, seconds: int) -> HttpAdapter:
        self._receiver.default = Answer(429, headers={"Retry-After": str(seconds)})
        return self.adapter()

    def babbling(self) -> HttpAdapter:
        self._receiver.default = Answer(garbage=b"\x00\xff lp0 on fire\r\n\r\n" + TOKEN.encode())
        return self.adapter()

    def _echoing(self, status: int) -> Answer:
        return Answer(status, body=f"you sent {' and '.join(self.secrets)}".encode())

    def end(self) -> None:
        self._closed.close()


class HttpContract(RemoteContract):
    @pytest.fixture(params=AUTHS)
    def place(
        self, request: pytest.FixtureRequest, receiver: Receiver, make_http: Callable[..., HttpAdapter]
    ) -> Iterator[HttpPlace]:
        place = HttpPlace(receiver, make_http, {"auth": AUTHS[request.param], **self.settings})
        yield place
        place.end()

    settings: Mapping[str, Any] = {}


class TestEvents(HttpContract):
    pass


class TestEnvelopedEvents(HttpContract):
    settings: Mapping[str, Any] = {"envelope": "standard", "include": ["raw", "balances"]}


class TestRawDeclaredIdempotent(HttpContract):
    settings: Mapping[str, Any] = {"raw": True, "idempotent": True}


class TestSignedEvents(HttpContract):
    settings: Mapping[str, Any] = {"sign": [Secret("whsec_" + "bmV3" * 8), Secret("whsec_" + "b2xk" * 8)]}

    def test_no_signing_key_is_shown(self, place: HttpPlace) -> None:
        place.secrets = ("bmV3" * 8, "b2xk" * 8)
        self.test_no_secret_is_shown(place)


@pytest.mark.parametrize(
    ("kind", "header", "value"),
    [
        ("bearer", "authorization", f"Bearer {TOKEN}"),
        ("basic", "authorization", f"Basic {PAIR}"),
        ("header", "x-api-key", TOKEN),
        ("prefix", "authorization", f"token {TOKEN}"),
    ],
)
def test_the_credential_does_arrive(
    kind: str, header: str, value: str, receiver: Receiver, make_http: Callable[..., HttpAdapter]
) -> None:
    """Else 'no secret is shown' would prove nothing."""
    make_http(receiver.url, auth=AUTHS[kind]).deliver(sample_event(), MemoryProgress())
    assert receiver.requests[0].headers[header] == value
