"""Callbacks acknowledged a second, each on disk before its answer, beside a bare Tornado that stores nothing.

Delivery stands still meanwhile: its rows are written, nothing is sent.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from databases import own_database
from load import Outcome
from processes import memory_mb, status_of
from product import Product, product
from report import Row, ratio_row
from rounds import Ratio, of, paired, ratio
from session import Session

COMMIT_MS = 5


def one_process(session: Session) -> Iterator[Row]:
    """One intake process; also its memory and what an event takes on disk."""
    with session.python("bare_tornado.py") as bare, product(session.new_folder()) as made:
        made.hold_delivery()
        session.get(bare)
        session.post(made)
        bases, targets = paired(lambda: session.get(bare), lambda: session.post(made), session.pairs)
        yield from _beside_tornado("acks", bases, targets)
        yield from _memory(made, memory_mb(bare.pid))
        yield from audit("acks", made)
        events = made.kept().events
    yield Row("acks", "bytes on disk per event", _size(made.store) / events, note=f"{events} events, 559-byte bodies")


def two_processes(session: Session) -> Iterator[Row]:
    """Two intake processes on one store, beside one bare Tornado."""
    with session.python("bare_tornado.py") as bare, product(session.new_folder(), workers=2) as made:
        made.hold_delivery()
        session.post(made)
        bases, targets = paired(lambda: session.get(bare), lambda: session.post(made), session.pairs)
        found = ratio(of(bases, "rate"), of(targets, "rate"))
        yield ratio_row("two", "acks a second, 2 processes / bare Tornado, 1", found, _rates(bases, targets))
        yield from audit("two", made)


def on_postgresql(session: Session) -> Iterator[Row]:
    """One intake process, its store on a PostgreSQL server of this machine, which shares the processors."""
    yield from _on_postgresql(session, "postgresql", 1)


def two_on_postgresql(session: Session) -> Iterator[Row]:
    """Two intake processes on PostgreSQL."""
    yield from _on_postgresql(session, "postgresql-two", 2)


def _on_postgresql(session: Session, case: str, workers: int) -> Iterator[Row]:
    with (
        session.python("bare_tornado.py") as bare,
        own_database() as database,
        product(session.new_folder(), workers=workers, database=database) as made,
    ):
        made.hold_delivery()
        session.post(made)
        bases, targets = paired(lambda: session.get(bare), lambda: session.post(made), session.pairs)
        found = ratio(of(bases, "rate"), of(targets, "rate"))
        yield ratio_row(case, f"acks a second, PostgreSQL, {workers} / bare Tornado, 1", found, _rates(bases, targets))
        yield from audit(case, made)


def slow_disk(session: Session) -> Iterator[Row]:
    """Each commit takes 5 ms longer, as on a disk behind a network."""
    with session.python("bare_tornado.py") as bare, product(session.new_folder(), commit_ms=COMMIT_MS) as made:
        made.hold_delivery()
        _require_delay(made)
        session.post(made)
        bases, targets = paired(lambda: session.get(bare), lambda: session.post(made), session.pairs)
        found = ratio(of(bases, "rate"), of(targets, "rate"))
        yield ratio_row("slow-disk", "acks a second, 5 ms a commit / bare Tornado", found, _rates(bases, targets))
        yield from audit("slow-disk", made)


def duplicates(session: Session) -> Iterator[Row]:
    """Every second callback repeats an earlier one, beside the same gateway with new ones only."""
    yield from _mixed(session, "duplicates", "acks a second, half duplicates / all new")


def invalid(session: Session) -> Iterator[Row]:
    """Every fifth callback is of a wrong form; half of those (10 % of all) are not JSON and are answered 400."""
    yield from _mixed(session, "invalid", "answers a second, a fifth invalid / all valid")


def audit(case: str, made: Product) -> Iterator[Row]:
    """Compare what was answered with what is stored: at least that much, at most what was sent, nothing twice."""
    time.sleep(0.3)
    kept = made.kept()
    answered, sent = (sum(of(made.outcomes, name)) for name in ("requests", "generated"))
    lost, twice = max(0, answered - kept.taken), kept.twice
    # Between the two lie the requests that were under way when a round ended. The case `lost` counts id by id.
    note = f"{answered:.0f} answered, {kept.taken} stored, {sent:.0f} sent, {kept.events} events"
    yield Row(case, "lost", lost, note=note, fault=lost != 0 or kept.taken > sent)
    yield Row(case, "duplicated", twice, fault=twice != 0)


def _beside_tornado(case: str, bases: list[Outcome], targets: list[Outcome]) -> Iterator[Row]:
    yield ratio_row(case, "acks a second / bare Tornado", _of("rate", bases, targets), _rates(bases, targets))
    cpu = f"{_middle(targets, 'cpu_us'):.0f} us by {_middle(bases, 'cpu_us'):.0f} us"
    yield ratio_row(case, "CPU per answer / bare Tornado", _of("cpu_us", bases, targets), cpu)
    spread = f"p50 {_middle(targets, 'p50_ms'):.1f} ms by {_middle(bases, 'p50_ms'):.1f} ms, "
    spread += f"p99 {_middle(targets, 'p99_ms'):.1f} ms by {_middle(bases, 'p99_ms'):.1f} ms"
    yield ratio_row(case, "p99 / bare Tornado", _of("p99_ms", bases, targets), spread)
    errors = f"broken connections: {sum(of(targets, 'errors')):.0f}"
    yield Row(case, "answers that were not 2xx", sum(of(targets, "non_2xx")), note=errors)


def _mixed(session: Session, mix: str, name: str) -> Iterator[Row]:
    with product(session.new_folder()) as made:
        made.hold_delivery()
        session.post(made)
        bases, targets = paired(lambda: session.post(made), lambda: session.post(made, mix), session.pairs)
        note = f"{_rates(bases, targets)}; CPU {_of('cpu_us', bases, targets).value:.2f}"
        note += f"; not 2xx {sum(of(targets, 'non_2xx')):.0f} of {sum(of(targets, 'requests')):.0f}"
        yield ratio_row(mix, name, _of("rate", bases, targets), note)
        yield from audit(mix, made)


def _memory(made: Product, bare: tuple[float, float]) -> Iterator[Row]:
    pids = {"intake-1": made.pid("intake-1"), "delivery": made.pid("delivery"), "parent": made.child.pid}
    sizes = {name: memory_mb(pid) for name, pid in pids.items()}
    note = ", ".join(f"{name} {rss:.0f} MB RSS {pss:.0f} MB PSS" for name, (rss, pss) in sizes.items())
    yield Row(
        "acks",
        "PSS of an intake process / bare Tornado",
        sizes["intake-1"][1] / bare[1],
        note=f"{note}, bare Tornado {bare[0]:.0f} and {bare[1]:.0f} MB; after load",
    )


def _size(store: Path) -> int:
    """Return the size of a store that nobody uses, its log moved into the file."""
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store.stat().st_size


def _require_delay(made: Product) -> None:
    started = time.perf_counter()
    status_of(made.child.port, "/readyz")
    assert time.perf_counter() - started >= COMMIT_MS / 1000, "the delay does not reach the product's commits"


def _of(name: str, bases: list[Outcome], targets: list[Outcome]) -> Ratio:
    return ratio(of(bases, name), of(targets, name))


def _rates(bases: list[Outcome], targets: list[Outcome]) -> str:
    return f"{_middle(targets, 'rate'):.0f} by {_middle(bases, 'rate'):.0f} a second"


def _middle(outcomes: list[Outcome], name: str) -> float:
    ordered = sorted(of(outcomes, name))
    return ordered[len(ordered) // 2]
