"""OAuth 2: tokens got, used, renewed and kept; what the token endpoint's troubles mean."""

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from adapters.http import HttpAdapter
from adapters.testing import Answer, MemoryProgress, MemoryVault, Received, Receiver, sample_event
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.errors import StoreUnavailable
from gateway.domain.settings import Secret

Make = Callable[..., HttpAdapter]

DELIVERED, RETRY, REJECTED = AttemptResult.DELIVERED, AttemptResult.RETRY, AttemptResult.REJECTED
NOW = datetime(2026, 3, 2, 6, 30, 8, tzinfo=UTC)


def says(status: int = 200, **document: Any) -> Answer:
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json"})


def token(name: str, **more: Any) -> Answer:
    return says(access_token=name, token_type="Bearer", expires_in=3600, **more)


@pytest.fixture
def provider() -> Iterator[Receiver]:
    """The token endpoint."""
    with Receiver() as running:
        running.default = token("access-0")
        yield running


def deliver(adapter: HttpAdapter, **progress: Any) -> Verdict:
    return adapter.deliver(sample_event(), MemoryProgress(**progress))


def asked(received: Received) -> Mapping[str, str]:
    return {name: values[0] for name, values in parse_qs(received.body.decode(), strict_parsing=True).items()}


def sent(receiver: Receiver) -> list[str | None]:
    return [received.headers.get("authorization") for received in receiver.requests]


class Time:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def client(receiver: Receiver, provider: Receiver, make_http: Make, clock: Time) -> Callable[..., HttpAdapter]:
    """Makes adapters of a destination with client credentials."""

    def make(**more: Any) -> HttpAdapter:
        settings = {key: more.pop(key) for key in list(more) if key in ("raw", "timeout", "allow_private")}
        given = {
            "token_url": f"{provider.url}/token",
            "client_id": "pesagate",
            "client_secret": Secret("s3cret/+ ü"),
            **more,
        }
        return make_http(receiver.url, clock, auth={"oauth2_client_credentials": given}, **settings)

    return make


def test_a_token_is_got_once_and_sent_each_time(
    client: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver
) -> None:
    adapter = client(scope="a b", extra={"audience": "https://erp"})
    assert [deliver(adapter).result for _ in range(3)] == [DELIVERED] * 3
    assert sent(receiver) == ["Bearer access-0"] * 3
    (request,) = provider.requests
    assert request.path == "/token"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked(request) == {"grant_type": "client_credentials", "scope": "a b", "audience": "https://erp"}
    assert request.headers["authorization"] == f"Basic {b64encode(b'pesagate:s3cret%2F%2B+%C3%BC').decode()}"


def test_the_client_may_prove_who_it_is_in_the_body(client: Callable[..., HttpAdapter], provider: Receiver) -> None:
    deliver(client(client_auth="body"))
    assert asked(provider.requests[0]) == {
        "grant_type": "client_credentials",
        "client_id": "pesagate",
        "client_secret": "s3cret/+ ü",
    }
    assert "authorization" not in provider.requests[0].headers


def test_a_token_in_another_header_with_another_prefix(client: Callable[..., HttpAdapter], receiver: Receiver) -> None:
    deliver(client(header="X-Token", prefix="Zoho-oauthtoken"))
    assert receiver.requests[0].headers["x-token"] == "Zoho-oauthtoken access-0"


def test_a_token_is_renewed_before_it_ends(
    client: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver, clock: Time
) -> None:
    adapter = client()
    for minutes, answer in ((0, token("a1")), (59, token("a2")), (2, token("a3"))):
        clock.wait(minutes=minutes)
        provider.script(answer)
        deliver(adapter)
    assert sent(receiver) == ["Bearer a1", "Bearer a1", "Bearer a2"]


@pytest.mark.parametrize("expires_in", [{}, {"expires_in": None}])
def test_a_token_without_an_end_is_used_until_it_is_refused(
    expires_in: dict[str, Any], client: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver, clock: Time
) -> None:
    provider.default = says(access_token="a1", **expires_in)
    adapter = client()
    deliver(adapter)
    clock.wait(days=40)
    deliver(adapter)
    assert len(provider.requests) == 1


@pytest.mark.parametrize("raw", [False, True])
def test_a_token_that_is_refused_is_renewed_once(
    raw: bool, client: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver
) -> None:
    provider.script(token("a1"), token("a2"))
    receiver.script(Answer(401))
    assert deliver(client(raw=raw)).result is DELIVERED
    assert sent(receiver) == ["Bearer a1", "Bearer a2"]


def test_what_must_not_be_sent_twice_goes_again_over_a_connection_of_its_own(
    client: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver
) -> None:
    """With a new token it went over the one that it had asked the receiver to close: a race, and an unknown end."""
    provider.script(token("a1"), token("a2"))
    receiver.script(Answer(401))
    assert deliver(client(raw=True)).result is DELIVERED
    first, second = receiver.requests
    assert first.client_port != second.client_port


def test_a_new_token_that_is_refused_too_is_permanent(
    client: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver
) -> None:
    receiver.default = Answer(401)
    verdict = deliver(client())
    assert (verdict.result, verdict.status) == (REJECTED, 401)
    assert (len(receiver.requests), len(provider.requests)) == (2, 2)


TROUBLES: Mapping[str, tuple[Answer, AttemptResult, str]] = {
    "unknown client": (says(401, error="invalid_client"), REJECTED, "auth_refused"),
    "wrong scope": (says(400, error="invalid_scope", error_description="no such scope"), REJECTED, "auth_refused"),
    "an error of its own with 200": (says(error="invalid_code"), REJECTED, "auth_refused"),
    "a page with 401": (Answer(401, b"<html>"), REJECTED, "auth_refused"),
    "no such page": (Answer(404), REJECTED, "auth_refused"),
    "a redirect": (Answer(302, headers={"Location": "https://elsewhere.example/"}), REJECTED, "auth_refused"),
    "overloaded": (says(400, error="temporarily_unavailable"), RETRY, "auth_unavailable"),
    "broken": (Answer(500), RETRY, "auth_unavailable"),
    "busy": (Answer(429, headers={"Retry-After": "77"}), RETRY, "auth_unavailable"),
    "a page with 200": (Answer(200, b"<html>log in</html>"), RETRY, "auth_unavailable"),
    "a list": (Answer(200, b"[1]"), RETRY, "auth_unavailable"),
    "a number": (Answer(200, b"7"), RETRY, "auth_unavailable"),
    "nothing": (Answer(200, b""), RETRY, "auth_unavailable"),
    "no bytes of text": (Answer(200, b"\xff\xfe"), RETRY, "auth_unavailable"),
    "a token that is a number": (says(access_token=7), RETRY, "auth_unavailable"),
    "a token of two lines": (says(access_token="a\nb"), RETRY, "auth_unavailable"),
    "a life that is a list": (says(access_token="a", expires_in=[]), RETRY, "auth_unavailable"),
    "garbage": (Answer(garbage=b"\x00\xff\r\n\r\n"), RETRY, "auth_unavailable"),
    "cut": (Answer(cut="before"), RETRY, "auth_unavailable"),
    "silence": (Answer(delay=60), RETRY, "auth_unavailable"),
}


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("name", TROUBLES)
def test_troubles_of_the_token_endpoint(
    name: str, raw: bool, client: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver
) -> None:
    answer, result, reason = TROUBLES[name]
    provider.default = answer
    progress = MemoryProgress()
    adapter = client(raw=raw, timeout=timedelta(seconds=0.5 if name == "silence" else 30))
    verdict = adapter.deliver(sample_event(), progress)
    assert (verdict.result, verdict.reason) == (result, reason)
    assert verdict.retry_after == (timedelta(seconds=77) if name == "busy" else None)
    assert "nothing was sent" in verdict.detail
    assert receiver.requests == []
    # Nothing was begun either: a crash meanwhile is no unknown.
    assert progress.log == []


def test_a_life_without_end_is_no_trouble(client: Callable[..., HttpAdapter], provider: Receiver) -> None:
    provider.default = says(access_token="a", expires_in=10**30)
    assert deliver(client()).result is DELIVERED


def test_what_the_endpoint_says_is_told_without_the_secret(
    client: Callable[..., HttpAdapter], provider: Receiver
) -> None:
    provider.default = says(401, error="invalid_client", error_description="no s3cret/+ ü \x1b[31m here")
    assert deliver(client()).detail == (
        "The token endpoint 127.0.0.1 refused (invalid_client: no *** \\x1b[31m here); nothing was sent. "
        "Look at `auth`."
    )


def test_nobody_at_the_token_endpoint_is_temporary(client: Callable[..., HttpAdapter], receiver: Receiver) -> None:
    verdict = deliver(client(token_url="http://127.0.0.1:1/token"))
    assert (verdict.result, verdict.reason) == (RETRY, "auth_unavailable")


def test_the_guard_looks_at_the_token_endpoint_too(client: Callable[..., HttpAdapter]) -> None:
    verdict = deliver(client(token_url="http://169.254.169.254/token"))
    assert (verdict.result, verdict.reason) == (REJECTED, "refused_address")


def test_one_thread_asks_and_the_others_wait(client: Callable[..., HttpAdapter], provider: Receiver) -> None:
    provider.default = Answer(200, token("a1").body, delay=0.5)
    adapter = client()
    with ThreadPoolExecutor(8) as pool:
        assert {verdict.result for verdict in pool.map(lambda _: deliver(adapter), range(8))} == {DELIVERED}
    assert len(provider.requests) == 1


def test_what_one_thread_is_told_counts_for_those_that_waited(
    client: Callable[..., HttpAdapter], provider: Receiver
) -> None:
    """Each asking in its turn would hold eight threads for eight time-outs."""
    provider.default = Answer(503, delay=0.5)
    adapter, start = client(), threading.Barrier(8)

    def go(_: int) -> str:
        start.wait()
        return deliver(adapter).reason

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(go, range(8))) == {"auth_unavailable"}
    assert len(provider.requests) < 8


def test_tokens_are_in_no_message(client: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver) -> None:
    provider.script(token("access-hidden"))
    receiver.default = Answer(422, b"you sent Bearer access-hidden with s3cret/+ \xc3\xbc")
    adapter = client()
    told = repr([deliver(adapter), adapter, adapter.preview(sample_event()), adapter.check()])
    assert sent(receiver) == ["Bearer access-hidden"]
    assert [secret for secret in ("access-hidden", "s3cret") if secret in told] == []


def test_a_preview_asks_nobody(client: Callable[..., HttpAdapter], provider: Receiver) -> None:
    (preview,) = client().preview(sample_event())
    assert preview.headers["Authorization"] == "***"
    assert provider.requests == []


def test_a_token_endpoint_over_plain_http_needs_the_word(client: Callable[..., HttpAdapter]) -> None:
    found = client(token_url="http://idp.duka.example/token", allow_private=False).check()
    assert [said for said in found if said.startswith("`auth`: `token_url` must begin with https://")]
    assert client(token_url="http://idp.duka.example/token").check() == ()


# Refresh tokens that rotate.


@pytest.fixture
def rotating(receiver: Receiver, provider: Receiver, make_http: Make, clock: Time) -> Callable[..., HttpAdapter]:
    """Makes adapters with a refresh token and a vault: as many processes as a test likes."""

    def make(vault: MemoryVault | None, first: str = "refresh-0", **settings: Any) -> HttpAdapter:
        given = {
            "token_url": f"{provider.url}/token",
            "client_id": "pesagate",
            "client_secret": Secret("s3cret"),
            "refresh_token": Secret(first),
        }
        adapter = make_http(receiver.url, clock, auth={"oauth2_refresh_token": given}, **settings)
        if vault is not None:
            adapter.keep_in(vault)
        return adapter

    return make


def refreshed(provider: Receiver) -> list[str]:
    return [asked(received)["refresh_token"] for received in provider.requests]


def test_each_refresh_token_is_used_once(
    rotating: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver, clock: Time
) -> None:
    provider.script(*(token(f"a{n}", refresh_token=f"refresh-{n}") for n in (1, 2, 3)))
    adapter = rotating(MemoryVault())
    for _ in range(3):
        deliver(adapter)
        deliver(adapter)
        clock.wait(hours=2)
    assert refreshed(provider) == ["refresh-0", "refresh-1", "refresh-2"]
    assert sent(receiver) == ["Bearer a1", "Bearer a1", "Bearer a2", "Bearer a2", "Bearer a3", "Bearer a3"]
    assert asked(provider.requests[0])["grant_type"] == "refresh_token"


def test_a_restart_goes_on_with_what_is_kept(
    rotating: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver, clock: Time
) -> None:
    provider.script(token("a1", refresh_token="refresh-1"), token("a2", refresh_token="refresh-2"))
    vault = MemoryVault()
    deliver(rotating(vault))
    deliver(rotating(vault))
    assert refreshed(provider) == ["refresh-0"]
    clock.wait(hours=2)
    deliver(rotating(vault))
    assert refreshed(provider) == ["refresh-0", "refresh-1"]
    assert sent(receiver) == ["Bearer a1", "Bearer a1", "Bearer a2"]


def test_a_provider_that_does_not_rotate(rotating: Callable[..., HttpAdapter], provider: Receiver, clock: Time) -> None:
    adapter = rotating(MemoryVault())
    for _ in range(2):
        deliver(adapter)
        clock.wait(hours=2)
    assert refreshed(provider) == ["refresh-0", "refresh-0"]


def test_a_new_token_in_the_configuration_begins_anew(rotating: Callable[..., HttpAdapter], provider: Receiver) -> None:
    provider.script(token("a1", refresh_token="refresh-1"), token("b1", refresh_token="second-1"))
    vault = MemoryVault()
    deliver(rotating(vault))
    deliver(rotating(vault, first="second-0"))
    assert refreshed(provider) == ["refresh-0", "second-0"]


def test_nothing_is_sent_with_a_token_that_is_not_kept_yet(
    rotating: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver
) -> None:
    provider.script(token("a1", refresh_token="refresh-1"), says(400, error="invalid_grant"))
    vault = MemoryVault()
    # The claim is committed, and then the disk is full.
    vault.script(None, StoreUnavailable("full"))
    adapter = rotating(vault)
    verdict = deliver(adapter)
    assert (verdict.result, verdict.reason) == (RETRY, "auth_unavailable")
    assert receiver.requests == []
    # Nothing was lost: it is committed late, and no further token was asked for.
    assert deliver(adapter).result is DELIVERED
    assert sent(receiver) == ["Bearer a1"]
    assert refreshed(provider) == ["refresh-0"]


def test_without_a_claim_nobody_is_asked(rotating: Callable[..., HttpAdapter], provider: Receiver) -> None:
    vault = MemoryVault()
    vault.script(StoreUnavailable("full"))
    assert deliver(rotating(vault)).reason == "auth_unavailable"
    assert provider.requests == []


class Killed(BaseException):
    """The process ended here."""


def crashed(rotating: Callable[..., HttpAdapter], vault: MemoryVault) -> None:
    """Get a new token and end before it is committed."""
    vault.script(None, Killed())
    with pytest.raises(Killed):
        deliver(rotating(vault))


def test_after_a_crash_an_old_token_that_is_still_taken_is_no_trouble(
    rotating: Callable[..., HttpAdapter], provider: Receiver, clock: Time
) -> None:
    provider.script(token("a1", refresh_token="refresh-1"), token("a2", refresh_token="refresh-2"))
    vault = MemoryVault()
    crashed(rotating, vault)
    clock.wait(minutes=1)
    assert deliver(rotating(vault)).result is DELIVERED
    assert refreshed(provider) == ["refresh-0", "refresh-0"]


def test_after_a_crash_an_old_token_that_is_void_is_told_to_a_person(
    rotating: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver, clock: Time
) -> None:
    provider.script(token("a1", refresh_token="refresh-1"))
    provider.default = says(400, error="invalid_grant")
    vault = MemoryVault()
    crashed(rotating, vault)
    clock.wait(minutes=1)
    for _ in range(2):
        verdict = deliver(rotating(vault))
        assert (verdict.result, verdict.reason) == (REJECTED, "auth_lost")
        assert verdict.detail == (
            "The token endpoint 127.0.0.1 takes the refresh token no more (invalid_grant); nothing was sent. A renewal "
            "at 2026-03-02 06:30 UTC was cut off before its new one was stored. Authorise Pesagate there anew, put the "
            "new token into `refresh_token`, and replay."
        )
    assert receiver.requests == []
    provider.default = token("b1", refresh_token="second-1")
    assert deliver(rotating(vault, first="second-0")).result is DELIVERED


def test_a_token_that_a_person_has_withdrawn_is_told_so(
    rotating: Callable[..., HttpAdapter], provider: Receiver
) -> None:
    provider.default = says(400, error="invalid_grant")
    verdict = deliver(rotating(MemoryVault()))
    assert (verdict.result, verdict.reason) == (REJECTED, "auth_lost")
    assert "cut off" not in verdict.detail


@pytest.mark.parametrize(
    ("answer", "doubt"),
    [
        (Answer(cut="before"), True),
        (Answer(500), True),
        (says(401, error="invalid_client"), False),
        (Answer(429), True),
    ],
)
def test_what_an_answer_that_never_came_leaves_behind(
    answer: Answer, doubt: bool, rotating: Callable[..., HttpAdapter], provider: Receiver
) -> None:
    """A renewal whose answer was lost may have made the old token void; one that was refused has not."""
    provider.script(answer, says(400, error="invalid_grant"))
    adapter = rotating(MemoryVault())
    deliver(adapter)
    assert ("cut off" in deliver(adapter).detail) is doubt


def test_somebody_elses_claim_is_waited_for_and_then_given_way(
    rotating: Callable[..., HttpAdapter], provider: Receiver, clock: Time
) -> None:
    vault = MemoryVault()
    crashed(rotating, vault)
    verdict = deliver(rotating(vault))
    assert (verdict.result, verdict.reason) == (RETRY, "auth_unavailable")
    assert "this clears within 26 s" in verdict.detail
    assert len(provider.requests) == 1
    clock.wait(seconds=26)
    assert deliver(rotating(vault)).result is DELIVERED


def test_a_clock_that_was_put_back_does_not_hold_the_claim(rotating: Callable[..., HttpAdapter], clock: Time) -> None:
    vault = MemoryVault()
    crashed(rotating, vault)
    clock.wait(hours=-3)
    assert deliver(rotating(vault)).result is DELIVERED


def test_two_destinations_with_one_account_use_each_token_once(
    rotating: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver
) -> None:
    """Each with its own copy, the second to renew would make the first one's token void."""
    provider.script(Answer(200, token("a1", refresh_token="refresh-1").body, delay=0.5))
    provider.default = says(400, error="invalid_grant")
    vault = MemoryVault()
    adapters = [rotating(vault) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(deliver, adapters * 4))
    assert {verdict.result for verdict in verdicts} == {DELIVERED}
    assert refreshed(provider) == ["refresh-0"]
    assert set(sent(receiver)) == {"Bearer a1"}


def test_a_refused_access_token_is_renewed_though_it_is_kept(
    rotating: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver
) -> None:
    provider.script(token("a1", refresh_token="refresh-1"), token("a2", refresh_token="refresh-2"))
    vault = MemoryVault()
    receiver.script(Answer(200), Answer(401))
    adapter, other = rotating(vault), rotating(vault)
    assert [deliver(each).result for each in (adapter, adapter, other)] == [DELIVERED] * 3
    assert sent(receiver) == ["Bearer a1", "Bearer a1", "Bearer a2", "Bearer a2"]
    # The other one finds out by the first refusal, and takes what is kept by then.
    receiver.script(Answer(401))
    provider.script(token("a3", refresh_token="refresh-3"))
    assert deliver(other).result is DELIVERED
    assert refreshed(provider) == ["refresh-0", "refresh-1", "refresh-2"]


def test_outside_of_serve_no_token_is_used_up(rotating: Callable[..., HttpAdapter], provider: Receiver) -> None:
    adapter = rotating(None)
    assert deliver(adapter).reason == "auth_unavailable"
    assert adapter.preview(sample_event())[0].headers["Authorization"] == "***"
    assert provider.requests == []


def test_neither_token_is_in_a_message(
    rotating: Callable[..., HttpAdapter], provider: Receiver, receiver: Receiver
) -> None:
    provider.script(token("a1-hidden", refresh_token="r1-hidden"))
    receiver.default = Answer(422, b"a1-hidden r1-hidden refresh-0 s3cret")
    vault = MemoryVault()
    adapter = rotating(vault)
    told = repr([deliver(adapter), adapter, vault])
    assert [secret for secret in ("a1-hidden", "r1-hidden", "refresh-0", "s3cret") if secret in told] == []
