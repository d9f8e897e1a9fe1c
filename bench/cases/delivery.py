"""The other side: how fast events leave, beside a bare loop of `requests`; and what acknowledging suffers meanwhile."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import median
from typing import Any

from processes import Child, cpu_seconds
from product import Product, product
from report import Row, ratio_row
from rounds import of, paired, ratio
from session import SERVERS, Session

from gateway.domain.settings import Secret
from gateway.store.engine import open_engine
from gateway.store.queries import events, reading

_LIMIT_S = 120.0


@dataclass(frozen=True)
class Sent:
    """One round: so many deliveries a second, and microseconds of the sender's processor time for each."""

    rate: float
    cpu_us: float


def drain(session: Session) -> Iterator[Row]:
    """A backlog is sent to a sink that takes everything at once."""
    with session.python("sink.py") as sink, product(session.new_folder(), erp=_url(sink)) as made:
        made.hold_delivery()
        number = _fill(session, made)
        # The backlog is cut into rounds by time, not by number: the sink counts.
        body = _first_event(made)
        loops, drained = paired(lambda: _loop(session, sink, body), lambda: _drain(session, sink, made), session.pairs)
        rates = ratio([one.rate for one in loops], [one.rate for one in drained])
        note = f"{median(one.rate for one in drained):.0f} by {median(one.rate for one in loops):.0f} a second"
        yield ratio_row("delivery", "deliveries a second / bare requests loop", rates, note)
        cpu = ratio([one.cpu_us for one in loops], [one.cpu_us for one in drained])
        note = f"{median(one.cpu_us for one in drained):.0f} by {median(one.cpu_us for one in loops):.0f} us"
        yield ratio_row("delivery", "CPU per delivery / bare requests loop", cpu, note)
        yield from _missing(sink, made, number)


def acks_while_draining(session: Session) -> Iterator[Row]:
    """Acknowledging under full load, in turn while delivery stands still and while it works off a backlog."""
    with session.python("sink.py") as sink, product(session.new_folder(), erp=_url(sink)) as made:
        made.hold_delivery()
        _fill(session, made)
        idle, busy = paired(lambda: session.post(made), lambda: _post_while_draining(session, made), session.pairs)
        found = ratio(of(idle, "p99_ms"), of(busy, "p99_ms"))
        note = f"p99 {median(of(busy, 'p99_ms')):.1f} by {median(of(idle, 'p99_ms')):.1f} ms"
        yield ratio_row("drain-p99", "ack p99, draining / delivery idle", found, note)
        rates = ratio(of(idle, "rate"), of(busy, "rate"))
        yield ratio_row("drain-p99", "acks a second, draining / delivery idle", rates, "three busy processes")


def _fill(session: Session, made: Product) -> int:
    """Let a backlog gather that lasts for all rounds; return how many deliveries it has."""
    for _ in range(2 if session.quick else 4):
        session.post(made)
    time.sleep(0.3)
    return int(made.query("SELECT count(*) FROM deliveries"))


def _first_event(made: Product) -> bytes:
    with reading(open_engine(Secret(f"sqlite:///{made.store}"))) as connection:
        return json.dumps(next(events(connection)).as_dict()).encode()


def _loop(session: Session, sink: Child, body: bytes) -> Sent:
    command = [sys.executable, SERVERS / "requests_loop.py", _url(sink), str(session.seconds)]
    done = subprocess.run(command, input=body, capture_output=True, timeout=60, check=True)
    return Sent(**json.loads(done.stdout))


def _drain(session: Session, sink: Child, made: Product) -> Sent:
    before, cpu, started = _taken(sink)["posts"], cpu_seconds(made.pid("delivery")), time.perf_counter()
    made.release_delivery()
    time.sleep(session.seconds)
    number = _taken(sink)["posts"] - before
    seconds = time.perf_counter() - started
    used = cpu_seconds(made.pid("delivery")) - cpu
    made.hold_delivery()
    return Sent(number / seconds, used / max(number, 1) * 1e6)


def _post_while_draining(session: Session, made: Product) -> Any:
    made.release_delivery()
    try:
        return session.post(made)
    finally:
        made.hold_delivery()


def _missing(sink: Child, made: Product, number: int) -> Iterator[Row]:
    """Let it come to its end; every event must have arrived, under one id each."""
    made.release_delivery()
    deadline = time.monotonic() + _LIMIT_S
    waiting = "SELECT count(*) FROM deliveries WHERE state <> 'delivered'"
    while (left := made.query(waiting)) and time.monotonic() < deadline:
        time.sleep(0.2)
    taken = _taken(sink)
    missing = number - taken["ids"]
    note = f"{number} deliveries, {taken['ids']} ids arrived, {left} not delivered"
    yield Row("delivery", "lost", missing, note=note, fault=missing != 0 or left != 0)


def _taken(sink: Child) -> dict[str, int]:
    connection = HTTPConnection("127.0.0.1", sink.port, timeout=10)
    try:
        connection.request("GET", "/")
        counts: dict[str, int] = json.loads(connection.getresponse().read())
        return counts
    finally:
        connection.close()


def _url(sink: Child) -> str:
    return f"http://127.0.0.1:{sink.port}/"
