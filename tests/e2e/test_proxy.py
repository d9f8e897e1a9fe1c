"""`trusted_proxies` decides whose word about the caller's address counts; `allow_from` is then held against it."""

import json
from collections.abc import Callable

import pytest
from gateway_process import KEY, Gateway
from simulated import c2b
from wire import Reply, ask

SAFARICOM, STRANGER = "196.201.214.200", "198.51.100.7"

Post = Callable[..., Reply]


@pytest.fixture
def behind(pesagate: Gateway) -> Callable[[list[str]], Post]:
    """Start a gateway that takes callbacks from Safaricom only; the tests themselves call it from 127.0.0.1."""

    def start(trusted: list[str]) -> Post:
        pesagate.config["server"]["trusted_proxies"] = trusted
        pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]["allow_from"] = "safaricom"
        pesagate.start()
        numbers = iter(range(1000))

        def post(*headers: str) -> Reply:
            body = json.dumps(c2b(f"UPROXY{next(numbers):04}")).encode()
            return ask(pesagate.base, "POST", f"/hooks/{KEY}/c2b-confirmation", body, *headers)

        return post

    return start


def test_without_a_trusted_proxy_no_header_makes_a_caller_somebody_else(
    behind: Callable[[list[str]], Post], pesagate: Gateway
) -> None:
    post = behind([])
    for headers in (
        [],
        [f"X-Forwarded-For: {SAFARICOM}"],
        [f"X-Real-IP: {SAFARICOM}"],
        [f"Forwarded: for={SAFARICOM}"],
    ):
        assert post(*headers).result == "quarantined"
    rows = pesagate.rows("quarantine")
    assert {(row["reason"], row["source"]) for row in rows} == {("source_address", "127.0.0.1")}
    assert len(rows) == 4


def test_a_proxy_that_is_not_trusted_counts_as_the_caller(
    behind: Callable[[list[str]], Post], pesagate: Gateway
) -> None:
    post = behind(["10.0.0.0/8"])
    assert post(f"X-Forwarded-For: {SAFARICOM}").result == "quarantined"
    assert [row["source"] for row in pesagate.rows("quarantine")] == ["127.0.0.1"]


def test_behind_a_trusted_proxy_the_right_most_stranger_is_the_caller(
    behind: Callable[[list[str]], Post], pesagate: Gateway
) -> None:
    post = behind(["127.0.0.1", "10.0.0.0/8"])
    taken = [
        (f"X-Forwarded-For: {SAFARICOM}",),
        (f"X-Forwarded-For: {SAFARICOM}:41234",),
        (f"X-Forwarded-For: {STRANGER}, {SAFARICOM}, 10.0.0.7",),
        (f"X-Forwarded-For: {STRANGER}", f"X-Forwarded-For: {SAFARICOM}", "X-Forwarded-For: [::ffff:10.0.0.7]:80"),
    ]
    assert [post(*headers).result for headers in taken] == ["accepted"] * len(taken)
    forged = {
        (f"X-Forwarded-For: {SAFARICOM}, {STRANGER}",): STRANGER,
        (f"X-Forwarded-For: {SAFARICOM}", f"X-Forwarded-For: {STRANGER}, 10.0.0.7"): STRANGER,
        (f"X-Forwarded-For: {SAFARICOM}, {SAFARICOM}.evil",): "unknown",
        (f"X-Forwarded-For: {SAFARICOM}, {SAFARICOM} 1",): "unknown",
        (f"X-Real-IP: {SAFARICOM}",): "127.0.0.1",
    }
    assert [post(*headers).result for headers in forged] == ["quarantined"] * len(forged)
    rows = pesagate.rows("quarantine")
    assert [row["source"] for row in rows] == list(forged.values())
    # Whose word it was is kept with the callback, the words of a forger are not made ours.
    assert all("evil" not in row["detail"] for row in rows)
