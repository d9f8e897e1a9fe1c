"""Sessions: a login, its cookies or its token, and what happens when the session is over."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from adapters.http import HttpAdapter
from adapters.testing import Answer, MemoryProgress, Receiver, sample_event
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.settings import Secret

Make = Callable[..., HttpAdapter]

DELIVERED, RETRY, REJECTED = AttemptResult.DELIVERED, AttemptResult.RETRY, AttemptResult.REJECTED
NOW = datetime(2026, 3, 2, 6, 30, 8, tzinfo=UTC)


class Login(Receiver):
    """A login that counts its sessions; the second cookie names a node, as a load balancer does."""

    def take(self, received: Any) -> Answer:
        scripted = super().take(received)
        if scripted is not self.default:
            return scripted
        number = len(self.requests)
        # Two headers of one name: a mapping holds one, so the second comes in behind a line break.
        cookies = f"B1SESSION=s-{number}-hidden; path=/b1s; HttpOnly\r\nSet-Cookie: ROUTEID=.node{number}; path=/b1s"
        body = {"SessionId": f"s-{number}-hidden", "data": {"token": f"t-{number}-hidden"}}
        return Answer(200, json.dumps(body).encode(), {"Set-Cookie": cookies})


@pytest.fixture
def login() -> Iterator[Receiver]:
    with Login() as running:
        yield running


@pytest.fixture
def sap(receiver: Receiver, login: Receiver, make_http: Make) -> Callable[..., HttpAdapter]:
    """Makes adapters of a destination with a session as SAP Business One has it."""

    def make(clock: Callable[[], datetime] = lambda: NOW, **more: Any) -> HttpAdapter:
        body = {"CompanyDB": "DUKA", "UserName": "pesagate", "Password": "{{ secrets.password }}"}
        given = {"url": f"{login.url}/b1s/v2/Login", "json": body, "cookies": ["B1SESSION", "ROUTEID"], **more}
        given = {key: value for key, value in given.items() if value is not None}
        secrets = {"password": Secret('pw-"9'), "other": Secret("unused-hidden")}
        return make_http(receiver.url, clock, auth={"session": given}, secrets=secrets)

    return make


def deliver(adapter: HttpAdapter) -> Verdict:
    return adapter.deliver(sample_event(), MemoryProgress())


def cookies(receiver: Receiver) -> list[str | None]:
    return [received.headers.get("cookie") for received in receiver.requests]


def test_one_login_serves_many_requests(sap: Callable[..., HttpAdapter], login: Receiver, receiver: Receiver) -> None:
    adapter = sap()
    assert [deliver(adapter).result for _ in range(3)] == [DELIVERED] * 3
    assert cookies(receiver) == ["B1SESSION=s-1-hidden; ROUTEID=.node1"] * 3
    (request,) = login.requests
    assert (request.method, request.path) == ("POST", "/b1s/v2/Login")
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {"CompanyDB": "DUKA", "UserName": "pesagate", "Password": 'pw-"9'}


def test_a_session_that_is_over_is_renewed_once(
    sap: Callable[..., HttpAdapter], login: Receiver, receiver: Receiver
) -> None:
    receiver.script(Answer(), Answer(401))
    adapter = sap()
    assert [deliver(adapter).result for _ in range(2)] == [DELIVERED] * 2
    assert [cookie.partition(";")[0] for cookie in cookies(receiver)] == [
        "B1SESSION=s-1-hidden",
        "B1SESSION=s-1-hidden",
        "B1SESSION=s-2-hidden",
    ]


def test_what_is_refused_with_a_new_session_too_is_permanent(
    sap: Callable[..., HttpAdapter], login: Receiver, receiver: Receiver
) -> None:
    receiver.default = Answer(401)
    verdict = deliver(sap())
    assert (verdict.result, verdict.status) == (REJECTED, 401)
    assert (len(login.requests), len(receiver.requests)) == (2, 2)


def test_other_statuses_may_mean_that_a_session_is_over(
    sap: Callable[..., HttpAdapter], login: Receiver, receiver: Receiver
) -> None:
    receiver.script(Answer(403))
    assert deliver(sap(renew_on=[403])).result is DELIVERED
    receiver.script(Answer(403))
    assert deliver(sap()).result is REJECTED
    assert len(login.requests) == 3


def test_a_session_has_a_life(sap: Callable[..., HttpAdapter], login: Receiver) -> None:
    now = [NOW]
    adapter = sap(lambda: now[0], lifetime=timedelta(minutes=25))
    for minutes in (0, 20, 10):
        now[0] += timedelta(minutes=minutes)
        deliver(adapter)
    assert len(login.requests) == 2


def test_threads_share_one_login(sap: Callable[..., HttpAdapter], login: Receiver) -> None:
    adapter = sap()
    with ThreadPoolExecutor(8) as pool:
        assert {verdict.result for verdict in pool.map(lambda _: deliver(adapter), range(16))} == {DELIVERED}
    assert len(login.requests) == 1


def test_a_form_and_all_the_cookies_there_are(
    sap: Callable[..., HttpAdapter], login: Receiver, receiver: Receiver
) -> None:
    deliver(sap(json=None, cookies=None, form={"usr": "pesagate", "pwd": "{{ secrets.password }}"}))
    assert parse_qs(login.requests[0].body.decode()) == {"usr": ["pesagate"], "pwd": ['pw-"9']}
    assert cookies(receiver) == ["B1SESSION=s-1-hidden; ROUTEID=.node1"]


def test_a_token_out_of_the_answer(sap: Callable[..., HttpAdapter], receiver: Receiver) -> None:
    deliver(sap(cookies=None, token="data.token"))
    deliver(sap(token="SessionId", header="X-Session", prefix="", cookies=["ROUTEID"]))
    first, second = (received.headers for received in receiver.requests)
    assert (first["authorization"], first.get("cookie")) == ("Bearer t-1-hidden", None)
    assert (second["x-session"], second["cookie"]) == ("s-2-hidden", "ROUTEID=.node2")


TROUBLES: Mapping[str, tuple[Answer, AttemptResult, str]] = {
    "wrong password": (Answer(401), REJECTED, "auth_refused"),
    "no such page": (Answer(404), REJECTED, "auth_refused"),
    "a redirect": (Answer(302, headers={"Location": "/login"}), REJECTED, "auth_refused"),
    "no cookie": (Answer(200, b"{}"), REJECTED, "auth_refused"),
    "one cookie of two": (Answer(200, b"{}", {"Set-Cookie": "B1SESSION=a"}), REJECTED, "auth_refused"),
    "an empty cookie": (Answer(200, b"{}", {"Set-Cookie": "B1SESSION=; ROUTEID=a"}), REJECTED, "auth_refused"),
    "broken": (Answer(502), RETRY, "auth_unavailable"),
    "busy": (Answer(429, headers={"Retry-After": "77"}), RETRY, "auth_unavailable"),
    "cut": (Answer(cut="before"), RETRY, "auth_unavailable"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_troubles_of_the_login(name: str, sap: Callable[..., HttpAdapter], login: Receiver, receiver: Receiver) -> None:
    answer, result, reason = TROUBLES[name]
    login.script(answer)
    verdict = deliver(sap())
    assert (verdict.result, verdict.reason) == (result, reason)
    assert verdict.retry_after == (timedelta(seconds=77) if name == "busy" else None)
    assert "nothing was sent" in verdict.detail
    assert receiver.requests == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"data": 7}', b'{"data": {"token": ""}}', b'{"data": {"token": "a\\nb"}}']
)
def test_an_answer_without_the_token(body: bytes, sap: Callable[..., HttpAdapter], login: Receiver) -> None:
    login.script(Answer(200, body))
    verdict = deliver(sap(cookies=None, token="data.token"))
    assert (verdict.result, verdict.reason) == (REJECTED, "auth_refused")
    assert "answered without what `token` picks (data.token)" in verdict.detail


def test_nothing_of_a_session_is_shown(sap: Callable[..., HttpAdapter], receiver: Receiver, login: Receiver) -> None:
    receiver.default = Answer(422, b'you sent s-1-hidden, t-1-hidden, unused-hidden, pw-"9 and pw-\\"9')
    adapter = sap(token="data.token")
    shown = repr([deliver(adapter), adapter, adapter.preview(sample_event()), adapter.check()])
    assert [secret for secret in ("hidden", "pw-", ".node1") if secret in shown] == []
    (preview,) = adapter.preview(sample_event())
    assert (preview.headers["Cookie"], preview.headers["Authorization"]) == ("***", "***")
    assert len(login.requests) == 1


def test_what_is_wrong_with_a_session(sap: Callable[..., HttpAdapter]) -> None:
    said = [
        *sap(json={"a": ["{{ secrets.pasword }}"]}).check(),
        *sap(json={"a": "{{ receipt }}"}).check(),
        *sap(json={"a": "{{ secrets.password"}).check(),
        *sap(token="data[").check(),
        *sap(url="http://169.254.169.254/Login").check(),
    ]
    assert len(said) == 5
    assert all(sentence.startswith("`auth`: ") for sentence in said)
    assert "pw-" not in repr(said)
    verdict = deliver(sap(json={"a": "{{ secrets.pasword }}"}))
    assert (verdict.result, verdict.reason) == (RETRY, "faulty_settings")
