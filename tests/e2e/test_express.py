"""`raw: true`, from the callback to an unmodified Express handler on node, installed by npm from its lock file."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_process import Gateway

SOURCE = Path(__file__).parents[1] / "receivers" / "express"
PAYLOADS = Path(__file__).parents[1] / "payloads"
# As no serialiser of ours would write it.
ODD = b' \r\n{"Body" :\t{"stkCallback": {"CheckoutRequestID": "ws_odd", "ResultCode": 1032, "x": 1.10E+2}}}\n'

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="needs node and npm")


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A running Express site: its address, and the file of what it has booked."""
    folder = tmp_path / "express"
    shutil.copytree(SOURCE, folder)
    npm = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--cache", tmp_path / "npm"]
    subprocess.run(npm, cwd=folder, check=True, timeout=110, capture_output=True)
    port, seen = tmp_path / "port", tmp_path / "seen"
    with (tmp_path / "handler.log").open("wb") as log:
        command = ["node", folder / "handler.js", port, seen]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log) as process:
            deadline = time.monotonic() + 60
            while not port.exists():
                assert process.poll() is None
                assert time.monotonic() < deadline, "the handler did not start"
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port.read_text('ascii')}/mpesa/callback", seen
            process.kill()


def test_the_handler_books_what_was_paid_and_hears_of_what_was_not(
    pesagate: Gateway, handler: tuple[str, Path]
) -> None:
    url, seen = handler
    pesagate.config["tenants"]["duka"]["destinations"]["erp"] |= {"url": url, "raw": True}
    pesagate.start()
    for body in ((PAYLOADS / "stk/success.json").read_bytes(), (PAYLOADS / "stk/cancelled.json").read_bytes(), ODD):
        assert pesagate.post("stk", body).headers["Pesagate-Result"] == "accepted"
    pesagate.wait_for_state("delivered", 3, seconds=60)
    booked = [json.loads(line) for line in seen.read_text("utf-8").splitlines()]
    assert booked == [{"amount": 1, "receipt": "SD25ABC9W7", "phone": 254700000000}]
