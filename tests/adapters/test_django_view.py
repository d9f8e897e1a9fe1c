"""A home-made Django view, written for M-Pesa's own callbacks, works unmodified behind `raw: true`."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.http import HttpAdapter
from adapters.testing import MemoryProgress, sample_event
from gateway.domain.delivery import AttemptResult
from gateway.domain.event import Raw
from gateway.domain.outcome import Outcome

SCRIPT = Path(__file__).parents[1] / "receivers" / "django_view.py"

PAID = b"""{
    "Body": {
        "stkCallback": {
            "MerchantRequestID": "29115-34620561-1",
            "CheckoutRequestID": "ws_CO_191220191020363925",
            "ResultCode": 0,
            "ResultDesc": "The service request is processed successfully.",
            "CallbackMetadata": {
                "Item": [
                    {"Name": "Amount", "Value": 1.00},
                    {"Name": "MpesaReceiptNumber", "Value": "NLJ7RT61SV"},
                    {"Name": "Balance"},
                    {"Name": "TransactionDate", "Value": 20191219102115},
                    {"Name": "PhoneNumber", "Value": 254708374149}
                ]
            }
        }
    }
}"""

CANCELLED = (
    b'{"Body":{"stkCallback":{"MerchantRequestID":"29115-34620561-2","CheckoutRequestID":"ws_CO_191220191020363926",'
    b'"ResultCode":1032,"ResultDesc":"Request cancelled by user."}}}'
)

Make = Callable[..., HttpAdapter]


@dataclass(frozen=True)
class Site:
    """The running Django site."""

    url: str
    seen_file: Path

    def seen(self) -> list[Any]:
        if not self.seen_file.exists():
            return []
        return [json.loads(line) for line in self.seen_file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    port_file, seen_file = tmp_path / "port", tmp_path / "seen"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, SCRIPT, port_file, seen_file], stdout=log, stderr=log)
        try:
            yield Site(f"http://127.0.0.1:{_port(process, port_file, tmp_path / 'log')}/mpesa/callback/", seen_file)
        finally:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], port_file: Path, log: Path) -> str:
    deadline = time.monotonic() + 60
    while not port_file.exists():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, "the Django site did not start"
        time.sleep(0.02)
    return port_file.read_text(encoding="ascii")


def test_the_view_books_a_payment(site: Site, make_http: Make) -> None:
    event = sample_event(kind="stk", raw=Raw(PAID, "application/json"))
    verdict = make_http(site.url, raw=True).deliver(event, MemoryProgress())
    assert (verdict.result, verdict.status, verdict.answer) == (AttemptResult.DELIVERED, 200, "success")
    assert site.seen() == [{"amount": 1.0, "receipt": "NLJ7RT61SV", "phone": 254708374149}]


def test_the_view_answers_a_cancelled_payment_in_its_own_words(site: Site, make_http: Make) -> None:
    event = sample_event(kind="stk", outcome=Outcome.FAILED, raw=Raw(CANCELLED, "application/json"))
    verdict = make_http(site.url, raw=True).deliver(event, MemoryProgress())
    assert (verdict.result, verdict.answer) == (AttemptResult.DELIVERED, "1032: Request cancelled by user.")
    assert site.seen() == []


def test_the_view_cannot_read_our_event(site: Site, make_http: Make) -> None:
    """Without `raw` the same view fails, and the delivery stays open: what `raw` is for."""
    verdict = make_http(site.url).deliver(sample_event(kind="stk"), MemoryProgress())
    assert (verdict.result, verdict.reason) == (AttemptResult.RETRY, "http_500")
    assert site.seen() == []


def test_a_view_that_fails_on_raw_bytes_is_not_asked_twice(site: Site, make_http: Make) -> None:
    adapter, progress = make_http(site.url, raw=True), MemoryProgress()
    event = sample_event(kind="stk", raw=Raw(b'{"Body": {}}', "application/json"))
    verdict = adapter.deliver(event, progress)
    progress.settle(verdict)
    assert (verdict.result, verdict.reason) == (AttemptResult.UNKNOWN, "http_500")
    assert adapter.deliver(event, progress).reason == "open_step"
