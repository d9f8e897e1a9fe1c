"""/metrics of a running gateway: what was done is told, whoever did it and whoever died since."""

import os
import signal
import time
from collections.abc import Callable

import pytest
import requests
from gateway_process import Gateway
from prometheus_client.parser import text_string_to_metric_families
from simulated import c2b

from adapters.testing import Receiver

Labels = dict[str, str]
PHONE = "254708374149"


def value(pesagate: Gateway, name: str, **labels: str) -> float:
    """The sum of the samples of that name with these labels."""
    told = requests.get(f"{pesagate.base}/metrics", timeout=20)
    assert told.status_code == 200
    return sum(
        sample.value
        for family in text_string_to_metric_families(told.text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_was_done_is_counted_over_all_processes_and_survives_them(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.config["server"]["workers"] = 2
    pesagate.start()
    for number in range(6):
        assert pesagate.post("c2b-confirmation", c2b(f"UKO41JRQX{number}")).status_code == 200
    pesagate.post("c2b-confirmation", c2b("UKO41JRQX0"))
    pesagate.post("c2b-confirmation", b"{")
    pesagate.post("c2b-confirmation", c2b("UKO41JRQX0"), key="a-wrong-key-a-wrong-key-a-wrong")
    wait_for(lambda: value(pesagate, "pesagate_attempts_total", destination="erp", result="delivered") == 6)
    children = pesagate.children()
    for name in ("intake-1", "intake-2", "delivery"):
        os.kill(children[name], signal.SIGKILL)
    wait_for(lambda: len([1 for line in pesagate.log_lines() if line["event"] == "started"]) == 6)
    pesagate.wait_ready()

    def callbacks(answer: str) -> float:
        return value(pesagate, "pesagate_callbacks_total", tenant="duka", kind="c2b-confirmation", answer=answer)

    assert [callbacks(answer) for answer in ("accepted", "duplicate", "unreadable")] == [6, 1, 1]
    assert value(pesagate, "pesagate_refused_requests_total", reason="not_found") == 1
    assert value(pesagate, "pesagate_events_total", type="payment.succeeded", outcome="succeeded") == 6
    assert value(pesagate, "pesagate_answer_seconds_count", kind="c2b-confirmation") == 8
    assert value(pesagate, "pesagate_attempt_seconds_count", destination="erp") == 6
    assert value(pesagate, "pesagate_commit_rows_count") >= 2
    wait_for(lambda: value(pesagate, "pesagate_process_starts_total", process="delivery") == 2)
    assert value(pesagate, "pesagate_quarantine_open", tenant="duka") == 1
    assert value(pesagate, "pesagate_disk_free_bytes") > 0
    assert value(pesagate, "pesagate_deliveries_pending", destination="erp") == 0
    assert value(pesagate, "pesagate_store_readable") == 1


def test_a_backlog_is_told_with_its_age_and_why_it_waits(pesagate: Gateway) -> None:
    pesagate.start()
    assert pesagate.run("destinations", "park", "erp").returncode == 0
    pesagate.post("c2b-confirmation", c2b("UKO41JRQX0"))

    wait_for(lambda: value(pesagate, "pesagate_deliveries_pending", destination="erp") == 1)
    assert value(pesagate, "pesagate_destination_parked", destination="erp", by="hand") == 1
    wait_for(lambda: value(pesagate, "pesagate_oldest_pending_seconds", destination="erp") > 0)


def test_the_payer_is_in_no_number(pesagate: Gateway) -> None:
    pesagate.start()
    pesagate.post("c2b-confirmation", {**c2b("UKO41JRQX0"), "MSISDN": PHONE, "FirstName": "Zawadi"})
    told = requests.get(f"{pesagate.base}/metrics", timeout=20).text

    assert "pesagate_callbacks_total{" in told
    assert PHONE not in told
    assert "Zawadi" not in told


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_a_proxy_on_this_machine_does_not_show_them_to_the_world(pesagate: Gateway, header: str) -> None:
    pesagate.start()
    through = requests.get(f"{pesagate.base}/metrics", headers={header: "127.0.0.1"}, timeout=20)
    unknown = requests.get(f"{pesagate.base}/nothing-here", timeout=20)

    assert (through.status_code, through.content) == (404, unknown.content)
    assert {**through.headers, "Date": ""} == {**unknown.headers, "Date": ""}


def test_a_trusted_proxy_passes_on_who_may_read(pesagate: Gateway) -> None:
    pesagate.config["server"] |= {"trusted_proxies": ["127.0.0.0/8"], "metrics": {"allow_from": ["192.0.2.0/24"]}}
    pesagate.start()

    def status(source: str) -> int:
        headers = {"X-Forwarded-For": source}
        return requests.get(f"{pesagate.base}/metrics", headers=headers, timeout=20).status_code

    assert (status("192.0.2.7"), status("198.51.100.7")) == (200, 404)
    assert requests.get(f"{pesagate.base}/metrics", timeout=20).status_code == 404
