"""Acknowledged is stored, each once: kept account of id by id while an intake process is killed under load."""

import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing

from processes import signal_to
from product import PATHS, Product, product
from report import Row
from session import Session


def killed(session: Session) -> Iterator[Row]:
    """Kill an intake process twice under load; the client repeats whatever was not acknowledged. Nothing is timed."""
    with product(session.new_folder()) as made:
        made.hold_delivery()
        listed = session.folder / "acknowledged.txt"
        command = [*session.load.client(made.child, PATHS, 4.0), f"--acknowledged={listed}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
            for _ in range(2):
                time.sleep(1.3)
                signal_to(made.pid("intake-1"), signal.SIGKILL)
            client.communicate(timeout=40)
        assert client.returncode == 0, "the client that keeps account failed"
        yield from _compare(made, listed.read_text("utf-8").split())


def _compare(made: Product, acknowledged: list[str]) -> Iterator[Row]:
    stored, told = _column(made, "SELECT identity FROM callbacks"), _column(made, _OF_EVENTS)
    lost = len(set(acknowledged) - set(stored)) + len(set(acknowledged) - set(told))
    twice = sum(len(ids) - len(set(ids)) for ids in (stored, told))
    strangers = len(set(stored) ^ set(told))
    note = f"{len(acknowledged)} acknowledged, {len(stored)} stored, {len(told)} events; intake killed twice"
    yield Row("lost", "lost", lost, note=note, fault=lost != 0 or strangers != 0 or not acknowledged)
    yield Row("lost", "duplicated", twice, fault=twice != 0)


_OF_EVENTS = "SELECT callbacks.identity FROM events JOIN callbacks ON callbacks.id = events.callback_id"


def _column(made: Product, sql: str) -> list[str]:
    with closing(sqlite3.connect(f"file:{made.store}?mode=ro", uri=True, timeout=30)) as connection:
        return [value for (value,) in connection.execute(sql)]
