"""The section `alerts`: who is told what, and each mistake in it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from gateway import resources
from gateway.domain.alerts import WORDS, Alerts, AlertTarget, Mail
from gateway.domain.settings import Secret, Settings
from gateway.settings import Loaded

DUKA = """
version: 1
tenants:
  duka: {shortcodes: {"600638": {type: paybill, key: {env: DUKA_KEY}, allow_from: safaricom}}}
alerts:
"""
MAIL = "  mail: {server: 'smtp.duka.example:587', from: a@duka.example, user: me, password: {env: ERP_TOKEN}}\n"


def test_who_is_told_what(settings: Callable[..., Settings]) -> None:
    targets = "  to: [{mail: b@duka.example, on: [parked]}, {url: {env: ERP_TOKEN}, tenant: duka}]\n"
    found = settings(DUKA + MAIL + "  every: 1m\n  disk_below: 5GiB\n" + targets.replace("ERP_TOKEN", "CHAT_URL"))
    assert found.alerts == Alerts(
        to=(
            AlertTarget(mail="b@duka.example", on=frozenset({"parked"})),
            AlertTarget(url=Secret("https://chat.example/x"), tenant="duka"),
        ),
        every=timedelta(minutes=1),
        mail=Mail("smtp.duka.example", 587, "a@duka.example", "starttls", "me", Secret("S3cretToken")),
        disk_below=5 << 30,
    )
    assert settings(DUKA.replace("alerts:\n", "")).alerts is None


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "CHAT_URL": "https://chat.example/x"}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "  to: [{mail: b@duka.example}]\n",
            "alerts.to[0].mail: needs a server. Add alerts.mail with server and from.",
        ),
        ("  to: [{on: [parked]}]\n", "alerts.to[0]: must have exactly one of url and mail."),
        ("  to: [{mail: b@duka.example, url: 'http://x'}]\n", "alerts.to[0]: must have exactly one of url and mail."),
        ("  to: [{url: 'ftp://x'}]\n", "alerts.to[0].url: must be an http or https address."),
        ("  to: [{url: 'http://x', tenant: duca}]\n", 'alerts.to[0].tenant: there is no tenant "duca".'),
        ("  every: 10ms\n  to: [{url: 'http://x'}]\n", "alerts.every: must be at least 1s."),
        ("  to: []\n", "alerts.to: "),
        ("  every: 1m\n", "alerts.to: is missing"),
        ("  to: [{url: 'http://x', on: [dead]}]\n", "alerts.to[0].on[0]: must be "),
        ("  to: [{mail: nobody}]\n", "alerts.to[0].mail: must be an e-mail address"),
    ],
)
def test_a_mistake_is_told(said: str, sentence: str, loaded: Callable[..., Loaded]) -> None:
    found = loaded(DUKA + said)
    assert found.settings is None
    told = [f"{each.key}: {each.message} {each.remedy}" for each in found.problems]
    assert [each for each in told if each.startswith(sentence)], told


def test_schema_page_and_code_know_the_same_alerts() -> None:
    known = resources.schema("config.schema")["properties"]["alerts"]["properties"]
    assert set(known["to"]["items"]["properties"]["on"]["items"]["enum"]) == set(WORDS)
    page = (Path(__file__).parents[2] / "docs/alerts.md").read_text("utf-8")
    words = (*WORDS, *known, *known["mail"]["properties"], *known["to"]["items"]["properties"])
    assert [word for word in words if f"`{word}`" not in page and f"`to[].{word}`" not in page] == []
