"""`pesagate config show`, as it is typed."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from gateway_process import COMMAND

WHOLE = """version: 1
server:
  listen: 127.0.0.1:8080   # of this machine
  public_url: "${PUBLIC:-https://pay.example}"
store: {url: "sqlite:///x.db"}
include: [tenants/*.yaml]
tenants:
  duka:
    name: Duka Moja
    shortcodes:
      "600638": {type: paybill, key: {env: DUKA_KEY}, allow_from: safaricom, hold_older_than: off}
    destinations:
      erp:
        adapter: http
        url: https://erp.example/payments
        auth: {basic: {user: me, password: {env: ERP_PASSWORD}}}
        retry: {schedule: [5s, 1m]}
    routes:
      - {when: {reference: ["INV-*", "PO #1"]}, to: [erp]}
"""
INCLUDED = """name: Soko
shortcodes: {"600639": {type: till, store: "600640", key: {env: SOKO_KEY}, allow_from: [196.201.214.0/24]}}
"""
ENVIRON = {"DUKA_KEY": "k" * 30, "SOKO_KEY": "s" * 30, "ERP_PASSWORD": "hunter2", "PUBLIC": "https://secret.example"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "tenants").mkdir()
    (tmp_path / "tenants/soko.yaml").write_text(INCLUDED, "utf-8")
    path = tmp_path / "pesagate.yaml"
    path.write_text(WHOLE, "utf-8")
    return path


def show(config: Path, *args: str) -> str:
    done = subprocess.run(
        [COMMAND, "config", "show", "-c", config, *args],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **ENVIRON},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def entries(config: Path) -> dict[str, dict[str, Any]]:
    told = [json.loads(line) for line in show(config, "--json").splitlines()]
    return {entry["key"]: entry for entry in told}


def test_each_value_has_its_origin(config: Path) -> None:
    told = entries(config)
    assert told["server.listen"] == {"key": "server.listen", "value": "127.0.0.1:8080", "file": str(config), "line": 3}
    assert told["server.workers"] == {"key": "server.workers", "value": 1, "file": None, "line": None}
    included = told['tenants.soko.shortcodes."600639".store']
    assert (included["value"], included["file"]) == ("600640", str(config.parent / "tenants/soko.yaml"))
    assert told["tenants.duka.destinations.erp.retry.schedule[1]"]["value"] == "1m"
    # Defaults of the adapter, and of the gateway for a destination.
    assert told["tenants.duka.destinations.erp.timeout"]["value"] == "10s"
    assert told["tenants.duka.destinations.erp.retry.jitter"] == {
        "key": "tenants.duka.destinations.erp.retry.jitter",
        "value": "10%",
        "file": None,
        "line": None,
    }


def test_what_a_variable_held_is_not_shown(config: Path) -> None:
    assert entries(config)["server.public_url"]["value"] == "${PUBLIC:-https://pay.example}"
    for shown in (show(config), show(config, "--json")):
        assert [secret for secret in ENVIRON.values() if secret in shown] == []


def test_no_secret_in_plain_text_is_shown(tmp_path: Path) -> None:
    config = tmp_path / "pesagate.yaml"
    config.write_text(
        """version: 1
store: {url: "sqlite:///x.db"}
tenants:
  duka:
    name: Duka
    shortcodes:
      "600638": {type: paybill, key: plainkey-1-0123456789abcdef}
      "600639": {type: paybill, key: [plainkey-2-0123456789abcdef, plainkey-3-0123456789abcdef]}
      "600640": {type: paybill, key: {stk: plainkey-4-0123456789abcdef, timeout: [plainkey-5-0123456789abcdef]}}
    destinations:
      a: {adapter: http, url: https://a.example, auth: {bearer: plain-1}}
      b: {adapter: http, url: https://b.example, auth: {basic: {user: u, password: plain-2}}}
      c: {adapter: http, url: https://c.example, auth: {header: {name: X, value: plain-3}}}
    references: {open: {database: {url: "postgresql://u:plain-4@db/x", query: "SELECT 1"}}}
    routes: [{to: [a, b, c]}]
""",
        "utf-8",
    )
    shown = show(config) + show(config, "--json")
    assert [text for text in ("plain-", "plainkey") if text in shown] == []
    assert shown.count('"***"') == 2 * 8


def test_the_output_says_the_same_as_the_configuration(config: Path) -> None:
    shown = config.with_name("shown.yaml")
    text = show(config)
    included = 'include:\n  - "tenants/*.yaml"'
    assert included in text
    shown.write_text(text.replace(included, "#"), "utf-8")
    before, after = ({key: entry["value"] for key, entry in entries(path).items()} for path in (config, shown))
    del before["include[0]"]
    assert after == before


def test_a_faulty_configuration_is_told_instead(config: Path) -> None:
    config.write_text(WHOLE + "more: 1\n", "utf-8")
    done = subprocess.run(
        [COMMAND, "config", "show", "-c", config],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **ENVIRON},
    )
    assert (done.returncode, done.stdout) == (78, "")
    assert "more" in done.stderr


def test_secrets_of_signatures_in_plain_text_are_starred(tmp_path: Path) -> None:
    path = tmp_path / "pesagate.yaml"
    path.write_text(
        """version: 1
providers:
  airtel-money: {recipe: airtel-money, hmac: {secret: [hunter2, {env: DUKA_KEY}]}}
tenants:
  duka:
    shortcodes:
      "600638": {type: paybill, key: {env: DUKA_KEY}, allow_from: safaricom, hmac: {airtel-money: hunter2}}
      "600639": {type: paybill, key: {env: SOKO_KEY}, allow_from: safaricom, hmac: {airtel-money: [hunter2]}}
""",
        "utf-8",
    )
    shown = show(path)
    assert "hunter2" not in shown
    assert shown.count('"***"') == 3
    assert "hunter2" not in show(path, "--json")
