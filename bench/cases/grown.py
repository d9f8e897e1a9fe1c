"""A store that has grown: what a million events cost intake, and what it notices of a purge."""

import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from product import Product, product
from report import Row, ratio_row
from rounds import of, paired, ratio
from session import Session
from stores import grown, one_payment

from cases.acks import audit

_PURGE_DAYS = 200


def million(session: Session) -> Iterator[Row]:
    """Acknowledging on a store that holds a million payments (a tenth with --quick), beside an empty one."""
    number = 100_000 if session.quick else 1_000_000
    big = grown(one_payment(session), session.new_folder(), number)
    with product(session.new_folder()) as empty, product(session.new_folder(), store=big) as full:
        big.unlink()
        for made in (empty, full):
            made.hold_delivery()
            session.post(made)
        bases, targets = paired(lambda: session.post(empty), lambda: session.post(full), session.pairs)
        found = ratio(of(bases, "rate"), of(targets, "rate"))
        note = f"{number:,} payments; {median(of(targets, 'rate')):.0f} by {median(of(bases, 'rate')):.0f} a second"
        yield ratio_row("million", "acks a second, a million stored / none", found, note)
        note = f"p99 {median(of(targets, 'p99_ms')):.1f} by {median(of(bases, 'p99_ms')):.1f} ms"
        yield ratio_row(
            "million", "ack p99, a million stored / none", ratio(of(bases, "p99_ms"), of(targets, "p99_ms")), note
        )
        yield from audit("million", empty)


def purge(session: Session) -> Iterator[Row]:
    """Acknowledging in turn alone and while `pesagate purge` takes old bodies away."""
    old = grown(one_payment(session), session.new_folder(), 50_000 * session.pairs, days_old=_PURGE_DAYS)
    with product(session.new_folder(), store=old) as made:
        made.hold_delivery()
        session.post(made)
        held = made.query("SELECT count(body) FROM callbacks WHERE id <= (SELECT max(id) FROM callbacks)")
        idle, busy = paired(lambda: session.post(made), lambda: _post_while_purging(session, made), session.pairs)
        gone = made.query("SELECT count(*) - count(body) FROM callbacks")
        note = f"p99 {median(of(busy, 'p99_ms')):.1f} by {median(of(idle, 'p99_ms')):.1f} ms"
        yield ratio_row("purge", "ack p99, purging / alone", ratio(of(idle, "p99_ms"), of(busy, "p99_ms")), note)
        note = f"{gone:,} of {held:,} bodies taken away meanwhile"
        yield ratio_row("purge", "acks a second, purging / alone", ratio(of(idle, "rate"), of(busy, "rate")), note)
        assert gone, "nothing was purged: the case has measured nothing"


def _post_while_purging(session: Session, made: Product) -> Any:
    config = made.store.with_name("pesagate.yaml")
    command = [sys.executable, "-m", "gateway", "-c", str(config), "purge", "--yes"]
    started = made.query("SELECT count(*) - count(body) FROM callbacks")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as purging:
        while made.query("SELECT count(*) - count(body) FROM callbacks") == started and purging.poll() is None:
            time.sleep(0.02)
        try:
            return session.post(made)
        finally:
            purging.kill()
