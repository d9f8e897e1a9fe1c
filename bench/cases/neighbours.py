"""Whether a destination that hangs and one that fails slow down the others: p99 from the commit to the delivery."""

import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from statistics import median

import bodies
from product import NOWHERE, PATHS, Product, product
from report import Row, ratio_row
from rounds import paired, ratio
from session import Session

PER_SECOND = 50
"""Payments: far below what is possible, so that nothing waits for anything but its neighbours."""

_LIMIT_S = 60.0
_ROUND = 900
# Microseconds from the moment at which an event was made to the end of its delivery there.
_TAKEN = """
    SELECT a.started_at + a.duration_ms * 1000 - e.created_at
    FROM attempts a JOIN deliveries d ON d.id = a.delivery_id JOIN events e ON e.seq = d.event_seq
    WHERE d.destination = 'erp' AND d.state = 'delivered' AND e.seq > ?
    ORDER BY 1
"""


def bad(session: Session) -> Iterator[Row]:
    """Each payment goes to three destinations; the other two are as good as the first, or one hangs and one fails."""
    with session.python("sink.py") as sink, socket.create_server(("127.0.0.1", 0), backlog=4096) as silent:
        erp = f"http://127.0.0.1:{sink.port}/"
        hanging = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        good, poor = {"one": erp, "other": erp}, {"one": hanging, "other": NOWHERE}
        with (
            product(session.new_folder(), erp=erp, beside=good) as calm,
            product(session.new_folder(), erp=erp, beside=poor) as troubled,
        ):
            calms, troubles = paired(lambda: _p99_ms(session, calm), lambda: _p99_ms(session, troubled), session.pairs)
    note = f"p99 {median(troubles):.0f} by {median(calms):.0f} ms, {PER_SECOND} payments a second"
    name = "delivery p99 beside one that hangs and one that fails / beside good ones"
    yield ratio_row("neighbours", name, ratio(calms, troubles), note)


def _p99_ms(session: Session, made: Product) -> float:
    """Make one round of steady load; return the p99 of milliseconds until the first destination had a payment."""
    before = made.query("SELECT coalesce(max(seq), 0) FROM events")
    number = int(PER_SECOND * session.seconds)
    _pay(made, before, number)
    deadline = time.monotonic() + _LIMIT_S
    while len(taken := made.column(_TAKEN, before)) < number:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(taken)} of {number} payments had arrived after {_LIMIT_S:g} s")
        time.sleep(0.1)
    return float(taken[int(len(taken) * 0.99) - 1]) / 1000


def _pay(made: Product, before: int, number: int) -> None:
    """Post so many new payments, evenly spread."""
    text, began = bodies.template(), time.monotonic()
    connection = HTTPConnection("127.0.0.1", made.child.port, timeout=10)
    for index in range(number):
        time.sleep(max(0.0, began + index / PER_SECOND - time.monotonic()))
        body = bodies.body(text, "unique", _ROUND, before + index + 1)
        connection.request("POST", PATHS[0], body, {"Content-Type": "application/json"})
        connection.getresponse().read()
    connection.close()
