"""The console of a running gateway, as a browser without scripts uses it."""

import re
from collections.abc import Iterator

import pytest
import requests
from argon2 import PasswordHasher
from gateway_process import Gateway
from people import NAME, PHONE, SOKO_KEY, ask, serving, wait_for

from adapters.testing import Receiver
from adapters.testing.receiver import Answer
from gateway.server.console.lists import LISTS

PASSWORD = "correct horse battery"
USERS = {
    "olga": {"role": "operator"},
    "asha": {"role": "tenant-operator", "tenants": ["duka"]},
    "vera": {"role": "tenant-viewer", "tenants": ["duka"]},
}


class Browser:
    """Somebody with cookies who sends forms as the page gave them."""

    def __init__(self, made: Gateway, name: str | None = None) -> None:
        self.base = f"{made.base}/console"
        self.session = requests.Session()
        if name is not None:
            assert self.log_in(name).url == self.base

    def get(self, path: str = "") -> requests.Response:
        return self.session.get(f"{self.base}{path}", timeout=30)

    def post(self, path: str, **fields: str) -> requests.Response:
        if "pesagate_xsrf" not in self.session.cookies:
            self.get("/login")
        page = self.get("/login").text
        token = re.search(r'name="_xsrf" value="([^"]+)"', page)
        assert token
        return self.session.post(f"{self.base}{path}", data={"_xsrf": token[1], **fields}, timeout=60)

    def log_in(self, name: str, password: str = PASSWORD) -> requests.Response:
        return self.post("/login", name=name, password=password)


def with_users(config: dict) -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=32, parallelism=1).hash(PASSWORD)
    config["access"]["users"] = {name: {"password": hashed, **said} for name, said in USERS.items()}
    config["server"] |= {"workers": 2, "trusted_proxies": ["127.0.0.1"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose destinations refused the first payment of each tenant, and take what comes then."""
    with Receiver() as erp:
        erp.script(*[Answer(422)] * 2)
        with serving(tmp_path_factory.mktemp("console"), erp.url, with_users) as running:
            wait_for(lambda: len(ask(running, "/deliveries?state=dead").json()["data"]) == 2)
            yield running


def test_nobody_sees_a_page_without_logging_in(made: Gateway) -> None:
    stranger = Browser(made)
    for path in ("", *(f"/{each.path}" for each in LISTS), "/payments/UKO41DUKA1", "/no-such-page"):
        assert stranger.get(path).url.endswith("/console/login"), path


def test_lists_show_no_payer_and_the_story_does(made: Gateway) -> None:
    operator = Browser(made, "olga")
    for path in ("", *(f"/{each.path}" for each in LISTS)):
        page = operator.get(path)
        assert page.status_code == 200, path
        assert PHONE not in page.text, path
        assert NAME not in page.text, path
    story = operator.get("/payments/UKO41DUKA1").text
    assert PHONE in story
    assert "422" in story
    assert "$argon2" not in operator.get("/configuration").text


def test_pages_load_nothing_from_elsewhere_and_say_so(made: Gateway) -> None:
    page = Browser(made, "olga").get()

    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert re.findall(r'(?:src|href)="(?!/console|\?|#)', page.text) == []
    assert "<script" not in page.text


def test_what_is_anothers_is_shown_as_what_is_not_there(made: Gateway) -> None:
    payment = ask(made, "/payments?tenant=soko").json()["data"][0]["payment_id"]
    row = ask(made, "/quarantine?tenant=soko").json()["data"][0]["id"]
    callback = ask(made, f"/payments/{payment}").json()["payments"][0]["callbacks"][0]["id"]
    pairs = [
        ("GET", "/payments/UKO41SOKO1", "/payments/UKO41NOONE"),
        ("GET", f"/payments/{payment}", "/payments/1f8b0c5e-0000-5000-8000-000000000000"),
        ("GET", f"/callbacks/{callback}", "/callbacks/7"),
        ("GET", f"/quarantine/{row}", "/quarantine/7"),
        ("POST", f"/quarantine/{row}/resolve", "/quarantine/7/resolve"),
        ("POST", "/destinations/soko/erp/park", "/destinations/nobody/erp/park"),
        ("POST", "/destinations/soko/erp/resume", "/destinations/nobody/erp/resume"),
        ("POST", "/replay?name=UKO41SOKO1&tenant=soko", "/replay?name=UKO41NOONE&tenant=nobody"),
        ("POST", f"/reprocess?row={row}", "/reprocess?row=7"),
    ]
    for name in ("asha", "vera"):
        somebody = Browser(made, name)
        for method, foreign, nowhere in pairs:
            ways = [somebody.get(path) if method == "GET" else somebody.post(path) for path in (foreign, nowhere)]
            assert [way.status_code for way in ways] == [404, 404], (name, foreign)
            masked = [re.sub(r'name="_xsrf" value="[^"]+"', "", way.text) for way in ways]
            assert masked[0] == masked[1], (name, foreign)
        for path in ("", *(f"/{each.path}" for each in LISTS)):
            assert "soko" not in somebody.get(path).text.lower(), (name, path)
        assert somebody.get("/audit").status_code == somebody.get("/configuration").status_code == 404


def test_a_viewer_changes_nothing(made: Gateway) -> None:
    viewer = Browser(made, "vera")
    row = ask(made, "/quarantine?tenant=duka").json()["data"][0]["id"]
    for path in ("/destinations/duka/erp/park", f"/quarantine/{row}/resolve", "/replay", "/reprocess"):
        assert viewer.post(path).status_code == 403, path
    assert viewer.get("/urls").status_code == 404


def test_a_form_of_another_site_does_nothing(made: Gateway) -> None:
    operator = Browser(made, "asha")
    sent = operator.session.post(f"{operator.base}/destinations/duka/erp/park", timeout=30)

    assert sent.status_code == 403
    assert ask(made, "/destinations", "duka").json()["data"][0]["parked"] is None


def test_passwords_cannot_be_tried_without_end_and_a_forged_cookie_is_nobody(made: Gateway) -> None:
    stranger = Browser(made)
    # From an address of its own: who tries passwords keeps nobody else out.
    stranger.session.headers["X-Forwarded-For"] = "192.0.2.9"
    said = [stranger.log_in("nobody", f"wrong {number}").status_code for number in range(14)]

    assert said[0] == 403
    assert said[-1] == 429
    forged = Browser(made)
    forged.session.cookies.set("pesagate_session", "2|1:0|10:1|16:pesagate_session|4:W10=|00", path="/console")
    assert forged.get().url.endswith("/login")


def test_where_is_the_receipt_why_did_it_fail_send_it_again(made: Gateway) -> None:
    operator = Browser(made, "asha")
    story = operator.post("", name="UKO41DUKA1")
    assert "/console/payments/" in story.url
    assert "Send it again" in story.text
    event = re.search(r'name="name" value="([^"]+)"', story.text)
    assert event
    asked = operator.post("/replay", name=event[1], destination="erp")
    assert "1 deliveries to try once more" in asked.text
    operator.post("/replay", name=event[1], destination="erp", count="1")

    wait_for(lambda: "<span>delivered</span>" in operator.get("/payments/UKO41DUKA1").text)
    assert "user:asha" in Browser(made, "olga").get("/audit").text
    assert SOKO_KEY not in operator.get("/urls").text
    assert operator.post("/logout").url.endswith("/login")
    assert operator.get().url.endswith("/login")
