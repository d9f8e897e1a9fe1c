"""The place of a run: a gateway with two tenants, a receiver that is not always well, and what happens to them."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

from crash.checker import check
from crash.clients import KEYS
from crash.disasters import MovedClock, fill, hold, refuse_writes, small_disk
from crash.evidence import Evidence, open_deliveries, read
from crash.history import History
from databases import own_database
from gateway_process import Gateway, free_port, gateway

from adapters.testing import Answer, Receiver
from gateway.domain.settings import Secret

WINDOWS = {"600638": "0s", "5012345": "2s", "600700": "2s"}


def configuration(port: int, erp: str, workers: int = 2, **destination: Any) -> dict[str, Any]:
    """Return the configuration: one tenant with two destinations, one with one."""

    def shortcode(number: str, kind: str) -> dict[str, Any]:
        return {"type": kind, "key": KEYS[number], "hold_older_than": "off", "merge_window": WINDOWS[number]}

    def receiver(path: str) -> dict[str, Any]:
        retry = {"schedule": ["1s"] * 30, "jitter": "0%"}
        return {
            "adapter": "http", "url": f"{erp}/{path}", "allow_private": True, "timeout": "5s", "retry": retry,
            **destination,
        }  # fmt: skip

    return {
        "version": 1,
        "server": {"listen": f"127.0.0.1:{port}", "workers": workers},
        "store": {"url": "sqlite:///pesagate.db"},
        "tenants": {
            "duka": {
                "shortcodes": {"600638": shortcode("600638", "paybill"), "5012345": shortcode("5012345", "till")},
                "destinations": {"erp": receiver("duka/erp"), "archive": receiver("duka/archive")},
                "routes": [
                    {"when": {"type": ["payment.*"]}, "to": ["erp"], "continue": True},
                    {"to": ["archive"]},
                ],
            },
            "soko": {
                "shortcodes": {"600700": shortcode("600700", "paybill")},
                "destinations": {"erp": receiver("soko/erp")},
                "routes": [{"when": {"type": ["payment.*"]}, "to": ["erp"]}],
            },
        },
    }


def routed(tenant: str, event_type: str) -> Sequence[str]:
    """Return the destinations that the configuration gives an event."""
    return ("erp", "archive") if tenant == "duka" and event_type == "payment.succeeded" else ("erp",)


def moods(seed: int, number: int = 4000) -> list[Answer]:
    """Return the answers of a receiver that fails now and then, also after it has booked."""
    rng = Random(f"moods/{seed}")
    bad = (Answer(500), Answer(503), Answer(429), Answer(cut="before"), Answer(cut="middle"), Answer(delay=0.2))
    return [rng.choice(bad) if rng.random() < 0.15 else Answer() for _ in range(number)]


class Arena:
    """A running gateway, its receiver, and the history of what clients did to it."""

    def __init__(self, pesagate: Gateway, erp: Receiver, clock: MovedClock, own_disk: bool = False) -> None:
        self.pesagate = pesagate
        self.erp = erp
        self.clock = clock
        # The store lies on a disk of its own that can be filled.
        self.own_disk = own_disk
        self.history = History()

    def start(self, **environment: str) -> None:
        """Start the gateway, with the clock that this arena sets."""
        self.pesagate.start(**self.clock.environment, **environment)

    @property
    def workers(self) -> int:
        """Return how many intake processes it has."""
        workers: int = self.pesagate.config["server"]["workers"]
        return workers

    @property
    def store(self) -> Secret:
        """Return the URL of its store."""
        url: str = self.pesagate.config["store"]["url"]
        return Secret(url.replace("sqlite:///", f"sqlite:///{self.pesagate.folder}/"))

    def kill(self, child: str) -> None:
        """SIGKILL one child; the parent starts it again."""
        self.pesagate.kill([self.pesagate.children()[child]])

    def kill_parent(self) -> None:
        """SIGKILL the parent alone, and start the gateway again."""
        assert self.pesagate.process is not None
        self.pesagate.kill([self.pesagate.process.pid])
        self.pesagate.process.wait(10)
        self.start()

    def kill_all(self) -> None:
        """SIGKILL parent and children at once, and start the gateway again."""
        self.pesagate.kill()
        self.start()

    def freeze(self, child: str, seconds: float) -> None:
        """Stop one child for a while."""
        pid = self.pesagate.children()[child]
        try:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            return

    def fill_disk(self, seconds: float) -> None:
        """Let nothing be written for a while: the disk is full, or where none can be mounted, the kernel refuses."""
        if self.own_disk:
            fill(self.pesagate.folder, seconds)
        else:
            refuse_writes(self._pids, seconds)

    def refuse_writes(self, seconds: float) -> None:
        """Let the kernel refuse all writing of the gateway's processes for a while."""
        refuse_writes(self._pids, seconds)

    def hold_store(self, seconds: float) -> None:
        """Hold the store's write lock for a while."""
        hold(self.store, seconds)

    def _pids(self) -> list[int]:
        return list(self.pesagate.children().values())

    def settle(self, seconds: float = 90) -> Evidence:
        """Wait until nothing is left to be delivered, stop the gateway, and read what is there."""
        self.clock.move(0)
        deadline = time.monotonic() + seconds
        while open_deliveries(self.store) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert self.pesagate.stop() == 0
        return read(self.store, self.erp.requests)

    def breaches(self) -> list[str]:
        """Return what is wrong in the end, by the checker."""
        evidence = self.settle()
        return check(self.history.operations(), evidence, routed)

    def store_errors(self) -> dict[str, int]:
        """Return why commits of intake and delivery failed, and how many of each."""
        lines = [line for line in self.pesagate.log_lines() if line["event"] == "a batch could not be committed"]
        return dict(Counter(line["error"] for line in lines))

    def summary(self) -> str:
        """Return what has been done, in one line of JSON."""
        operations = self.history.operations()
        outcomes = [one.outcome for one in operations]
        return json.dumps(
            {"posted": len(outcomes)}
            | {name: outcomes.count(name) for name in ("ok", "fail", "info")}
            | {"bodies": len({one.post.body for one in operations}), "requests": len(self.erp.requests)}
            | {"failed_commits": self.store_errors()}
        )


@contextmanager
def arena(folder: Path, seed: int, store: str = "sqlite", **options: Any) -> Iterator[Arena]:
    """Give an arena whose gateway is not started yet; its store lies in a file or in a database of its own."""
    with Receiver() as erp, small_disk(folder) as own_disk, ExitStack() as stack:
        erp.script(*moods(seed))
        config = configuration(free_port(), erp.url, **options)
        if store != "sqlite":
            url = stack.enter_context(own_database(store))
            config["store"]["url"] = url.render_as_string(hide_password=False)
        with gateway(folder, config) as pesagate:
            # What it says while its disk is full has to be heard.
            pesagate.log = folder.with_name(f"{folder.name}.log")
            yield Arena(pesagate, erp, MovedClock(folder.with_name(f"{folder.name}.clock")), own_disk)
