"""The product under test: `pesagate serve` on a generated configuration of two tenants, in a folder of its own."""

import json
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load import Outcome
from processes import Child, NotReadyError, free_port, signal_to, status_of

KEYS = {"duka": "bench-key-of-duka-0123456789", "soko": "bench-key-of-soko-0123456789"}
PATHS = tuple(f"/hooks/{key}/stk" for key in KEYS.values())
# Nobody listens there; used only while the delivery process stands still.
NOWHERE = "http://127.0.0.1:9/"
_NOBODY: Mapping[str, str] = {}
_SLOW_COMMIT = Path(__file__).parent / "servers" / "slow_commit.py"


@dataclass(frozen=True)
class Kept:
    """What the store holds: how many callbacks it has taken, counted ones included, and in how many rows."""

    taken: int
    identities: int
    events: int
    twice: int


class Product:
    """A running gateway."""

    def __init__(self, folder: Path, erp: str, workers: int, commit_ms: int, beside: Mapping[str, str]) -> None:
        self.store = folder / "pesagate.db"
        # Everything that was put on it, the warm-up too.
        self.outcomes: list[Outcome] = []
        port = free_port()
        config = folder / "pesagate.yaml"
        config.write_text(json.dumps(configuration(port, erp, workers, beside)), "utf-8")
        program = ["-m", "gateway"] if commit_ms == 0 else [str(_SLOW_COMMIT), str(commit_ms)]
        self.child = Child([sys.executable, *program, "serve", "-c", config], port, "/readyz", folder / "serve.log")

    def pid(self, name: str) -> int:
        """Return the id of a child as the log told it last: `intake-1`, `delivery`."""
        lines = [json.loads(line) for line in self.child.log.read_text("utf-8").splitlines() if line[:1] == "{"]
        return int([line["pid"] for line in lines if line["event"] == "started" and line["process"] == name][-1])

    def hold_delivery(self) -> None:
        """Stop the delivery process where it stands, so that only intake is measured; its rows are written too.

        It must not stand inside a commit, where it would keep everybody out: /readyz tells whether the store takes one.
        """
        for _ in range(50):
            signal_to(self.pid("delivery"), signal.SIGSTOP)
            if status_of(self.child.port, "/readyz", timeout=0.3) == 200:
                return
            self.release_delivery()
            time.sleep(0.01)
        raise NotReadyError("delivery cannot be stopped outside a commit")

    def release_delivery(self) -> None:
        """Let the delivery process go on."""
        signal_to(self.pid("delivery"), signal.SIGCONT)

    def kept(self) -> Kept:
        """Return what the store holds now."""
        taken = self.query("SELECT (SELECT coalesce(sum(seen), 0) FROM callbacks) + "
                           "(SELECT coalesce(sum(seen), 0) FROM quarantine)")  # fmt: skip
        identities = self.query("SELECT count(*) FROM (SELECT DISTINCT tenant, kind, identity FROM callbacks)")
        rows = self.query("SELECT count(*) FROM callbacks")
        events = self.query("SELECT count(*) FROM events")
        payments = self.query("SELECT count(DISTINCT payment_seq) FROM events")
        return Kept(taken, identities, events, twice=(rows - identities) + (events - payments))

    def query(self, sql: str) -> Any:
        """Return the one value that a query gives."""
        return self.column(sql)[0]

    def column(self, sql: str, *values: int) -> list[Any]:
        """Return the first column of what a query gives."""
        with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=30)) as connection:
            return [row[0] for row in connection.execute(sql, values)]

    def end(self) -> None:
        """End it; a delivery process that stands still could not hear the wish."""
        self.release_delivery()
        self.child.end()


@contextmanager
def product(
    folder: Path,
    *,
    erp: str = NOWHERE,
    workers: int = 1,
    commit_ms: int = 0,
    store: Path | None = None,
    beside: Mapping[str, str] = _NOBODY,
) -> Iterator[Product]:
    """Give a running product, on a copy of a store where one is given, and end it.

    `beside`: further destinations of every payment, name to address.
    """
    folder.mkdir()
    if store is not None:
        shutil.copy(store, folder / "pesagate.db")
    made = Product(folder, erp, workers, commit_ms, beside)
    try:
        yield made
    finally:
        made.end()


def configuration(port: int, erp: str, workers: int, beside: Mapping[str, str] = _NOBODY) -> dict[str, Any]:
    """Return the configuration: two tenants, each with one shortcode and one destination for all payments."""
    to = {"erp": erp, **beside}
    return {
        "version": 1,
        "server": {"listen": f"127.0.0.1:{port}", "workers": workers},
        "store": {"url": "sqlite:///pesagate.db", "retention": {"raw": "90d"}},
        "tenants": {
            "duka": _tenant("Duka Moja Ltd", "600638", "paybill", KEYS["duka"], to),
            "soko": _tenant("Soko Mbili Ltd", "600639", "till", KEYS["soko"], to),
        },
    }


def _tenant(name: str, number: str, kind: str, key: str, to: Mapping[str, str]) -> dict[str, Any]:
    http = {"adapter": "http", "allow_private": True, "timeout": "5s"}
    return {
        "name": name,
        "shortcodes": {number: {"type": kind, "key": key, "hold_older_than": "off"}},
        "destinations": {one: {**http, "url": url} for one, url in to.items()},
        "routes": [{"when": {"type": ["payment.*"]}, "to": list(to)}],
    }
