"""Good configurations, resolved to the last value."""

import hashlib
from collections.abc import Callable
from datetime import time, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from gateway import resources
from gateway.domain.settings import (
    Destination,
    HookKey,
    Retention,
    RetrySchedule,
    Route,
    Secret,
    Server,
    Settings,
    Shortcode,
    Tenant,
)
from gateway.settings import SAFARICOM, Known, Loaded, load

WHOLE = """\
version: 1
server:
  listen: 0.0.0.0:9000
  public_url: https://pay.duka.example/in/
  workers: 4
  trusted_proxies: [10.0.0.0/8, "fd00::/8"]
store: {url: sqlite:///data/pesagate.db}
tenants:
  duka:
    name: Duka Moja Ltd
    shortcodes:
      "600638": {type: paybill, key: {env: DUKA_KEY}, allow_from: safaricom, hold_older_than: off}
      "5012345":
        type: till
        store: "600999"
        key: {stk: [{file: keys/a}, {file: keys/b}], c2b-confirmation: {file: keys/b}}
        allow_from: [196.201.214.200, 192.0.2.0/24]
        on_mismatch: refuse
        merge_window: 10s
        hold_older_than: 36h
        validation_default: C2B00012
        validation_budget: 1500ms
    destinations:
      erp:
        adapter: demo
        url: https://erp.example
        auth: {basic: {user: me, password: {env: ERP_TOKEN}}}
        sign: {file: keys/sign}
        timeout: 10s
        folder: exports
        with: {journal: 7, ratio: 1.5, flag: true, nothing: null}
        steps:
          - {token: {env: ERP_TOKEN}, wait: 1m, file: a.txt, steps: [{token: true, wait: 2h}]}
        retry: {schedule: [5s, 1m], jitter: 25%}
      books: {adapter: free, anything: [1, {env: ERP_TOKEN}]}
    routes:
      - {when: {reference: "INV-*"}, to: [erp, books], continue: true}
      - {when: {type: [payment.failed, "payout.*"], kind: stk}, to: books}
      - {to: erp}
"""


def test_everything_is_resolved(settings: Callable[..., Settings], tmp_path: Path) -> None:
    files = {"keys/a": "A" * 22 + "\n", "keys/b": "B" * 30, "keys/sign": "whsec_abc\r\n"}
    found = settings(WHOLE, **files)
    assert found == Settings(
        path=tmp_path / "pesagate.yaml",
        server=Server(
            host="0.0.0.0",
            port=9000,
            public_url="https://pay.duka.example/in",
            workers=4,
            trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
        ),
        store_url=Secret(f"sqlite:///{tmp_path}/data/pesagate.db"),
        tenants={"duka": duka(tmp_path)},
        digest=hashlib.sha256(WHOLE.encode()).hexdigest(),
    )


def test_what_is_kept_and_for_how_long(settings: Callable[..., Settings]) -> None:
    whole = '{raw: 90d, attempts: 365d, questions: 30d, quarantine: 3650d, payer: 730d, nightly: "02:30"}'
    told = WHOLE.replace("pesagate.db}", "pesagate.db, retention: " + whole + "}")
    files = {"keys/a": "A" * 22, "keys/b": "B" * 30, "keys/sign": "whsec_abc"}
    days = [timedelta(days=number) for number in (90, 365, 30, 3650, 730)]
    assert settings(told, **files).retention == Retention(*days, nightly=time(2, 30))
    assert settings(WHOLE, **files).retention == Retention()


def duka(folder: Path) -> Tenant:
    return Tenant(
        id="duka",
        name="Duka Moja Ltd",
        shortcodes={"600638": paybill(), "5012345": till()},
        destinations={"erp": erp(folder), "books": books()},
        routes=(
            Route({"reference": ("INV-*",)}, ("erp", "books"), goes_on=True),
            Route({"type": ("payment.failed", "payout.*"), "kind": ("stk",)}, ("books",)),
            Route({}, ("erp",)),
        ),
    )


def paybill() -> Shortcode:
    return Shortcode(
        number="600638",
        tenant="duka",
        type="paybill",
        keys=(HookKey(Secret("duka" * 6)),),
        allow_from=SAFARICOM,
        hold_older_than=None,
    )


def till() -> Shortcode:
    both = frozenset({"stk", "c2b-confirmation"})
    return Shortcode(
        number="5012345",
        tenant="duka",
        type="till",
        keys=(HookKey(Secret("A" * 22), frozenset({"stk"})), HookKey(Secret("B" * 30), both)),
        store="600999",
        allow_from=(ip_network("196.201.214.200/32"), ip_network("192.0.2.0/24")),
        on_mismatch="refuse",
        merge_window=timedelta(seconds=10),
        hold_older_than=timedelta(hours=36),
        validation_default="C2B00012",
        validation_budget=timedelta(milliseconds=1500),
    )


def erp(folder: Path) -> Destination:
    return Destination(
        name="erp",
        tenant="duka",
        adapter="demo",
        settings={
            "url": "https://erp.example",
            "auth": {"basic": {"user": "me", "password": Secret("S3cretToken")}},
            "sign": Secret("whsec_abc"),
            "timeout": timedelta(seconds=10),
            "folder": str(folder / "exports"),
            "with": {"journal": 7, "ratio": 1.5, "flag": True, "nothing": None},
            "steps": [
                {
                    "token": Secret("S3cretToken"),
                    "wait": timedelta(minutes=1),
                    "file": str(folder / "a.txt"),
                    "steps": [{"token": True, "wait": timedelta(hours=2)}],
                }
            ],
        },
        retry=RetrySchedule((timedelta(seconds=5), timedelta(minutes=1)), 0.25),
    )


def books() -> Destination:
    return Destination(name="books", tenant="duka", adapter="free", settings={"anything": [1, {"env": "ERP_TOKEN"}]})


def test_the_defaults_are_those_of_the_domain(settings: Callable[..., Settings], tenant: str, tmp_path: Path) -> None:
    found = settings(tenant)
    assert found.server == Server()
    assert found.store_url == Secret(f"sqlite:///{tmp_path}/pesagate.db")
    assert found.tenants["duka"] == Tenant(
        id="duka",
        name="duka",
        shortcodes={
            "600638": Shortcode("600638", "duka", "paybill", (HookKey(Secret("duka" * 6)),), allow_from=SAFARICOM)
        },
    )


def test_a_destination_is_retried_as_the_domain_says(
    settings: Callable[..., Settings], with_destination: Callable[[str], str]
) -> None:
    found = settings(with_destination("format: ofx"))
    assert found.tenants["duka"].destinations["erp"].retry == RetrySchedule()


def test_an_empty_schedule_means_one_attempt(
    settings: Callable[..., Settings], with_destination: Callable[[str], str]
) -> None:
    found = settings(with_destination("retry: {schedule: []}"))
    assert found.tenants["duka"].destinations["erp"].retry == RetrySchedule(())


@pytest.mark.parametrize("off", ["off", '"off"', "false", "no"])
def test_hold_older_than_can_be_off(settings: Callable[..., Settings], tenant: str, off: str) -> None:
    found = settings(tenant.replace("safaricom}", f"safaricom, hold_older_than: {off}}}"))
    assert found.tenants["duka"].shortcodes["600638"].hold_older_than is None


@pytest.mark.parametrize(
    ("listen", "host", "port", "url"),
    [
        ("127.0.0.1:80", "127.0.0.1", 80, "http://127.0.0.1:80"),
        ("localhost:8080", "localhost", 8080, "http://localhost:8080"),
        ('"[::1]:8080"', "::1", 8080, "http://[::1]:8080"),
    ],
)
def test_listen(settings: Callable[..., Settings], tenant: str, listen: str, host: str, port: int, url: str) -> None:
    server = settings(tenant + f"server: {{listen: {listen}}}\n").server
    assert (server.host, server.port, server.public_url) == (host, port, url)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///pesagate.db", "{folder}/pesagate.db"),
        ("sqlite:///../pesagate.db", "{folder}/../pesagate.db"),
        ("sqlite:////var/lib/pesagate.db", "/var/lib/pesagate.db"),
    ],
)
def test_an_sqlite_path_is_relative_to_the_file(
    settings: Callable[..., Settings], tenant: str, tmp_path: Path, url: str, path: str
) -> None:
    found = settings(tenant + f"store: {{url: {url}}}\n").store_url.reveal()
    assert found == "sqlite:///" + path.format(folder=tmp_path)


def test_paths_are_relative_to_the_file_and_not_to_the_working_folder(
    loaded: Callable[..., Loaded],
    tenant: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    known: Known,
    environ: dict[str, str],
) -> None:
    loaded(tenant)
    monkeypatch.chdir(tmp_path.parent)
    found = load(Path(tmp_path.name) / "pesagate.yaml", known, environ).settings
    assert found is not None
    assert found.store_url.reveal() == f"sqlite:///{tmp_path}/pesagate.db"


def test_safaricom_may_stand_in_a_list(settings: Callable[..., Settings], tenant: str) -> None:
    found = settings(tenant.replace("allow_from: safaricom", "allow_from: [safaricom, 192.0.2.1]"))
    assert found.tenants["duka"].shortcodes["600638"].allow_from == (*SAFARICOM, ip_network("192.0.2.1"))


def test_safaricom_has_the_twelve_published_addresses() -> None:
    assert len(set(SAFARICOM)) == 12
    assert all(network.num_addresses == 1 for network in SAFARICOM)


def test_warnings_do_not_stop(loaded: Callable[..., Loaded], tenant: str) -> None:
    found = loaded(tenant.replace(", allow_from: safaricom", ""))
    assert [problem.severity for problem in found.problems] == ["warning"]
    assert found.settings is not None
    assert found.settings.tenants["duka"].shortcodes["600638"].allow_from is None


def test_the_digest_changes_with_the_bytes(settings: Callable[..., Settings], tenant: str) -> None:
    assert settings(tenant).digest == settings(tenant).digest
    assert settings(tenant).digest != settings(tenant + "# a comment\n").digest


HTTP = """\
    destinations:
      erp:
        adapter: http
        url: https://erp.duka.example/payments
        auth: {bearer: {env: ERP_TOKEN}}
        timeout: 20s
        headers: {X-Branch: head-office}
    routes:
      - {to: erp}
"""


def test_the_shipped_http_schema_is_understood(loaded: Callable[..., Loaded], tenant: str, tmp_path: Path) -> None:
    (tmp_path / "pesagate.yaml").write_text(tenant + HTTP)
    known = Known(("stk",), ("http",), lambda name: resources.schema(f"adapters/{name}"))
    result = load(tmp_path / "pesagate.yaml", known, {"DUKA_KEY": "d" * 22, "ERP_TOKEN": "token"})
    assert result.problems == ()
    assert result.settings is not None
    own: Any = result.settings.tenants["duka"].destinations["erp"].settings
    assert own["auth"] == {"bearer": Secret("token")}
    assert own["timeout"] == timedelta(seconds=20)
    assert own["headers"] == {"X-Branch": "head-office"}
