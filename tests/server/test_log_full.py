"""The log is on the disk that has just filled up, or goes to a reader that has gone. Payments go on."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gateway_process import COMMAND, Gateway
from simulated import c2b, stk


@contextmanager
def logging_to(kind: str) -> Iterator[int]:
    """Give a file descriptor on which every write fails."""
    if kind == "full disk":
        yield from _closing(os.open("/dev/full", os.O_WRONLY))
    else:
        read, write = os.pipe()
        os.close(read)
        yield from _closing(write)


def _closing(number: int) -> Iterator[int]:
    try:
        yield number
    finally:
        os.close(number)


@pytest.mark.parametrize("kind", ["full disk", "reader gone"])
def test_a_log_that_cannot_be_written_costs_no_payment(pesagate: Gateway, kind: str) -> None:
    """`serve` ended at its first line; later the store's writer would have, and every sender would have waited."""
    if kind == "full disk" and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    pesagate.write()
    pesagate.log.touch()
    with logging_to(kind) as number:
        pesagate.process = subprocess.Popen([COMMAND, "serve", "-c", pesagate.path], stderr=number, stdout=number)
    pesagate.wait_ready()
    # Each of these is worth a line.
    assert pesagate.post("stk", b"{").status_code == 400
    assert pesagate.post("stk", {}).headers["Pesagate-Result"] == "quarantined"
    assert pesagate.post("stk", stk("ws_log")).headers["Pesagate-Result"] == "accepted"
    assert pesagate.post("c2b-confirmation", c2b("ULOG", TransactionType="Odd")).status_code == 200
    pesagate.wait_for_state("delivered", 2)
    assert pesagate.stop() == 0
