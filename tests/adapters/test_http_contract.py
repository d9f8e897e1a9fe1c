"""The http adapter keeps the contract: events, raw bytes declared idempotent, each kind of credential."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from adapters.http import HttpAdapter, HttpBatchAdapter
from adapters.testing import (
    Answer,
    BatchContract,
    MemoryProgress,
    MemoryVault,
    Receiver,
    RemoteContract,
    RemotePlace,
    sample_event,
)
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
        self._vault = MemoryVault()
        self.secrets: Sequence[str] = (TOKEN, PAIR) if "basic" in settings["auth"] else (TOKEN,)
        # Bound, not listening: nobody else can get this port, and whoever connects is refused.
        self._closed = socket.socket()
        self._closed.bind(("127.0.0.1", 0))
        receiver.default = self._echoing(200)

    def adapter(self) -> HttpAdapter:
        return self._made(self._receiver.url + "/payments?key=hidden")

    def arrived(self) -> Sequence[str]:
        return [received.headers["webhook-id"] for received in self._receiver.requests]

    def unreachable(self) -> HttpAdapter:
        return self._made(f"http://127.0.0.1:{self._closed.getsockname()[1]}/")

    def silent(self) -> HttpAdapter:
        self._receiver.default = Answer(delay=60)
        return self._made(self._receiver.url, timeout=timedelta(seconds=0.5))

    def forbidding(self) -> HttpAdapter:
        self._receiver.default = self._echoing(401)
        return self.adapter()

    def busy(self, seconds: int) -> HttpAdapter:
        self._receiver.default = Answer(429, headers={"Retry-After": str(seconds)})
        return self.adapter()

    def babbling(self) -> HttpAdapter:
        self._receiver.default = Answer(garbage=b"\x00\xff lp0 on fire\r\n\r\n" + TOKEN.encode())
        return self.adapter()

    def _made(self, url: str, **more: Any) -> HttpAdapter:
        made = self._make(url, **{**self._settings, **more})
        made.keep_in(self._vault)
        return made

    def _echoing(self, status: int) -> Answer:
        return Answer(status, body=f"you sent {' and '.join(self.secrets)}".encode())

    def end(self) -> None:
        self._closed.close()


ISSUED: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "oauth2_client_credentials": lambda url: {"token_url": f"{url}/token", **CLIENT},
    "oauth2_refresh_token": lambda url: {"token_url": f"{url}/token", "refresh_token": Secret(TOKEN), **CLIENT},
    "session": lambda url: {"url": f"{url}/login", "json": {"password": "{{ secrets.password }}"}, "token": "id"},
}

CLIENT = {"client_id": "pesagate", "client_secret": Secret(TOKEN)}
# What each kind takes of the endpoint's answer: an access token, the next refresh token, a session's id.
GIVEN_TO: Mapping[str, Sequence[str]] = {
    "oauth2_client_credentials": ("tok-access-1",),
    "oauth2_refresh_token": ("tok-access-1", "tok-next-2"),
    "session": ("tok-session-3",),
}
GIVEN = Answer(200, b'{"access_token": "tok-access-1", "refresh_token": "tok-next-2", "id": "tok-session-3"}')


class HttpContract(RemoteContract):
    @pytest.fixture(params=[*AUTHS, *ISSUED])
    def place(
        self, request: pytest.FixtureRequest, receiver: Receiver, make_http: Callable[..., HttpAdapter]
    ) -> Iterator[HttpPlace]:
        with Receiver() as endpoint:
            endpoint.default = GIVEN
            issued = ISSUED.get(request.param)
            auth = AUTHS[request.param] if issued is None else {request.param: issued(endpoint.url)}
            settings = {"auth": auth, "secrets": {"password": Secret(TOKEN)}, **self.settings}
            place = HttpPlace(receiver, make_http, settings)
            if issued is not None:
                place.secrets = (*place.secrets, *GIVEN_TO[request.param])
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
        place.secrets = (*place.secrets, "bmV3" * 8, "b2xk" * 8)
        self.test_no_secret_is_shown(place)


class BatchPlace(HttpPlace):
    def arrived(self) -> Sequence[str]:
        return [event["id"] for received in self._receiver.requests for event in json.loads(received.body)]


class TestEventsTogether(BatchContract, RemoteContract):
    @pytest.fixture(params=["bearer", "query", "hmac"])
    def place(
        self, request: pytest.FixtureRequest, receiver: Receiver, make_batch: Callable[..., HttpBatchAdapter]
    ) -> Iterator[BatchPlace]:
        place = BatchPlace(receiver, make_batch, {"auth": AUTHS[request.param]})
        yield place
        place.end()


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
