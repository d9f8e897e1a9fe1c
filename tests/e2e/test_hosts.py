"""Several hosts on one PostgreSQL database are one system: whatever befalls one, nothing is lost or told twice."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from databases import own_database
from gateway_process import Gateway, configuration, free_port, gateway
from simulated import c2b

from adapters.testing import Receiver


@pytest.fixture
def hosts(tmp_path: Path, erp: Receiver) -> Iterator[list[Gateway]]:
    """Three groups of processes, each with a port and a folder of its own."""
    with own_database("postgresql") as url, ExitStack() as stack:
        made = []
        for number in range(3):
            config = configuration(free_port(), erp.url)
            config["store"]["url"] = url.render_as_string(hide_password=False)
            made.append(stack.enter_context(gateway(tmp_path / f"host-{number}", config)))
        yield made


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def said(host: Gateway, event: str) -> list[dict[str, object]]:
    return [line for line in host.log_lines() if line["event"] == event]


def pay(hosts: Sequence[Gateway], receipts: Sequence[str]) -> Counter[str]:
    """Tell every host of every payment, all at once; return how they answered."""
    posts = [(host, receipt) for receipt in receipts for host in hosts]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda post: post[0].post("c2b-confirmation", c2b(post[1])), posts))
    assert {answer.status_code for answer in answers} == {200}
    return Counter(answer.headers["Pesagate-Result"] for answer in answers)


def test_one_is_killed_and_one_frozen_and_nothing_is_lost_or_told_twice(hosts: list[Gateway], erp: Receiver) -> None:
    for host in hosts:
        host.start()
    first = [f"UKOA{number}" for number in range(20)]
    assert pay(hosts, first) == {"accepted": 20, "duplicate": 40}
    hosts[0].wait_for_state("delivered", 20)
    (one,) = [host for host in hosts if said(host, "delivers")]

    # The one that delivers is frozen for longer than its lease: another one takes over.
    frozen = one.children()["delivery"]
    os.kill(frozen, signal.SIGSTOP)
    second = [f"UKOB{number}" for number in range(20)]
    assert pay(hosts, second) == {"accepted": 20, "duplicate": 40}
    hosts[0].wait_for_state("delivered", 40, 60)
    (other,) = [host for host in hosts if host is not one and said(host, "delivers")]

    # It goes on, and finds out that it is not its turn any more: it begins anew, and stands by.
    os.kill(frozen, signal.SIGCONT)
    wait_for(lambda: bool(said(one, "another process has taken over the deliveries; starting anew")))
    wait_for(lambda: len(said(one, "another process delivers; standing by")) == 1)

    # The one that delivers now dies with all its processes. On this machine the others see at once that it has.
    other.kill()
    left = [host for host in hosts if host is not other]
    third = [f"UKOC{number}" for number in range(20)]
    assert pay(left, third) == {"accepted": 20, "duplicate": 20}
    left[0].wait_for_state("delivered", 60, 60)

    told = Counter(json.loads(request.body)["receipt"] for request in erp.requests)
    assert told == dict.fromkeys([*first, *second, *third], 1)
    # SIGTERM hands over at once, too.
    (last,) = [host for host in left if said(host, "delivers") and host is not one] or [one]
    assert last.stop() == 0
    rest = [host for host in left if host is not last]
    assert pay(rest, ["UKOD1"]) == {"accepted": 1}
    rest[0].wait_for_state("delivered", 61, 60)
