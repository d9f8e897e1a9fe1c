"""Alert rules and dashboard: judged by Prometheus' own tool, and asking only for numbers that there are."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import requests
import yaml
from gateway_process import Gateway
from prometheus_client.parser import text_string_to_metric_families

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS = DEPLOY / "prometheus/alerts.yaml"
DASHBOARD = json.loads((DEPLOY / "grafana/dashboard.json").read_text("utf-8"))
PAGE = (Path(__file__).parents[2] / "docs/monitoring.md").read_text("utf-8")
NAME = re.compile(r"\bpesagate_\w+")
RANGE = "5m"


def queries() -> list[str]:
    rules = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"][0]["rules"]
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return [*(rule["expr"] for rule in rules), *panels]


def told(pesagate: Gateway) -> set[str]:
    """The names under which the numbers are found, those of histograms by their three endings."""
    text = requests.get(f"{pesagate.base}/metrics", timeout=20).text
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    families = [family for family in text_string_to_metric_families(text) if family.name.startswith("pesagate_")]
    return {family.name + ending for family in families for ending in endings[family.type]}


def test_the_tool_of_prometheus_accepts_the_rules() -> None:
    checked = subprocess.run(["promtool", "check", "rules", ALERTS], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "SUCCESS" in checked.stdout


def test_the_tool_of_prometheus_accepts_every_query_of_the_dashboard(tmp_path: Path) -> None:
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    rules = [
        {"record": f"panel:{number}", "expr": expr.replace("$__rate_interval", RANGE).replace("$tenant", ".*")}
        for number, expr in enumerate(panels)
    ]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    checked = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    from gateway_process import configuration, free_port, gateway

    with gateway(tmp_path_factory.mktemp("metrics"), configuration(free_port(), "http://127.0.0.1:9")) as made:
        made.start()
        return told(made)


def test_rules_and_dashboard_ask_only_for_numbers_that_there_are(names: set[str]) -> None:
    asked = {name for query in queries() for name in NAME.findall(query)}

    assert asked - names == set()


def test_every_number_is_documented_and_no_other(names: set[str]) -> None:
    families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in names}
    documented = set(re.findall(r"^\| `(pesagate_\w+)`", PAGE, re.MULTILINE))

    assert {re.sub(r"_total$", "", name) for name in documented} == families


def test_every_alert_is_documented() -> None:
    rules = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"][0]["rules"]

    assert set(re.findall(r"^\| `(Pesagate\w+)`", PAGE, re.MULTILINE)) == {rule["alert"] for rule in rules}
