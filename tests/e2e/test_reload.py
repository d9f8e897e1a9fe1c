"""Another configuration for a gateway that runs: taken without a failed request, or refused as a whole."""

import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests
from gateway_process import Gateway
from simulated import c2b

ROUNDS = 100


def digest(pesagate: Gateway) -> str:
    said: str = requests.get(f"{pesagate.base}/readyz", timeout=10).json()["configuration"]
    return said


def rename(pesagate: Gateway, name: str) -> None:
    pesagate.config["tenants"]["duka"]["name"] = name
    pesagate.write()


class Sender(threading.Thread):
    """Posts payments one after the other, each over a connection of its own."""

    def __init__(self, pesagate: Gateway, letter: str) -> None:
        super().__init__()
        self._pesagate = pesagate
        self._letter = letter
        self.stopping = threading.Event()
        self.accepted: list[str] = []
        self.failed: list[str] = []

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            receipt = f"U{self._letter}{number:08}"
            try:
                answer = self._pesagate.post("c2b-confirmation", c2b(receipt))
            except requests.RequestException as error:
                self.failed.append(f"{receipt}: {type(error).__name__}")
                continue
            if answer.headers.get("Pesagate-Result") == "accepted":
                self.accepted.append(receipt)
            else:
                self.failed.append(f"{receipt}: {answer.status_code}")
            time.sleep(0.01)


@contextmanager
def load(pesagate: Gateway) -> Iterator[list[Sender]]:
    senders = [Sender(pesagate, letter) for letter in "AB"]
    for sender in senders:
        sender.start()
    try:
        yield senders
    finally:
        for sender in senders:
            sender.stopping.set()
        for sender in senders:
            sender.join()


def receipts(pesagate: Gateway) -> list[str]:
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db")) as connection:
        return [receipt for (receipt,) in connection.execute("SELECT identity FROM callbacks")]


def outcomes(pesagate: Gateway) -> int:
    ended = ("reloaded", "reload refused: nothing has changed")
    return sum(line["event"] in ended for line in pesagate.log_lines())


def hang_up(pesagate: Gateway, before: int) -> None:
    assert pesagate.process is not None
    pesagate.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 30
    while outcomes(pesagate) <= before:
        assert time.monotonic() < deadline, pesagate.log.read_text()
        time.sleep(0.02)


def test_a_spool_that_cannot_be_written_refuses_the_reload_and_ends_nothing(pesagate: Gateway) -> None:
    """It was found out when PostgreSQL went away; and what went wrong in making the new processes ended the parent."""
    pesagate.start()
    before = digest(pesagate)
    (pesagate.folder / "file").touch()
    pesagate.config["store"]["spool"] = "file/spool"
    pesagate.write()
    done = pesagate.run("reload")
    assert done.returncode != 0
    assert "store.spool: the folder" in done.stdout + done.stderr
    assert digest(pesagate) == before
    assert pesagate.post("c2b-confirmation", c2b("USTAYS")).status_code == 200
    assert pesagate.stop() == 0


def test_a_hundred_reloads_under_load_half_of_them_broken_cost_no_request(pesagate: Gateway) -> None:
    pesagate.config["tenants"]["duka"]["routes"] = []
    pesagate.start()
    began = time.monotonic()
    seen = {digest(pesagate)}
    done = 0
    with load(pesagate) as senders:
        # On a machine that has others to serve, fewer must do.
        while done < ROUNDS and time.monotonic() - began < 45:
            rename(pesagate, f"Duka {done}")
            if done % 2:
                pesagate.path.write_text(pesagate.path.read_text() + "rotues: []\n")
            hang_up(pesagate, done)
            done += 1
            seen.add(digest(pesagate))
    assert done >= 6
    assert [failure for sender in senders for failure in sender.failed] == []
    accepted = [receipt for sender in senders for receipt in sender.accepted]
    assert len(accepted) > done
    assert sorted(receipts(pesagate)) == sorted(accepted)
    # Each faultless one was taken, and no broken one ever.
    assert len(seen) == 1 + (done + 1) // 2
    assert pesagate.stop() == 0


def test_plan_tells_what_reload_then_does(pesagate: Gateway) -> None:
    pesagate.start()
    rename(pesagate, "Duka Mpya")
    planned = pesagate.run("plan")
    assert (planned.returncode, planned.stdout) == (0, 'tenants.duka.name: "Duka Moja Ltd" becomes "Duka Mpya"\n')
    before = digest(pesagate)
    reloaded = pesagate.run("reload")
    assert (reloaded.returncode, reloaded.stdout) == (0, f"reloaded:\n{planned.stdout}"), reloaded.stderr
    assert digest(pesagate) != before
    assert pesagate.run("plan").stdout == "no value differs; a reload reads secret files once more\n"
    assert pesagate.run("reload").stdout == "reloaded: no value differs\n"


def test_deliveries_go_to_the_new_place_and_to_nobody_twice(pesagate: Gateway, tmp_path: Path) -> None:
    pesagate.start()
    (tenant,) = pesagate.config["tenants"].values()
    tenant["routes"] = []
    tenant["shortcodes"]["600639"] = {"type": "till", "key": "another-key-0123456789-ABCDEFG"}
    pesagate.write()
    assert pesagate.run("reload").returncode == 0
    answer = pesagate.post("c2b-confirmation", c2b("UNEW000001", "600639"), key="another-key-0123456789-ABCDEFG")
    assert answer.headers["Pesagate-Result"] == "accepted"
    assert pesagate.rows("deliveries") == []
    assert sorted(pesagate.children()) == ["delivery", "intake-1"]


@pytest.mark.parametrize("change", ["store", "listen", "workers"])
def test_what_needs_a_restart_is_refused_with_the_reason(pesagate: Gateway, change: str) -> None:
    pesagate.start()
    before = digest(pesagate)
    base = pesagate.base
    match change:
        case "store":
            pesagate.config["store"]["url"] = "sqlite:///other.db"
        case "listen":
            pesagate.config["server"]["listen"] = "127.0.0.1:1"
        case "workers":
            pesagate.config["server"]["workers"] = 2
    pesagate.write()
    hang_up(pesagate, 0)
    (problem,) = next(line["problems"] for line in pesagate.log_lines() if line["event"].startswith("reload refused"))
    assert problem.startswith({"store": "store.url: ", "listen": "server.listen: "}.get(change, "server.workers: "))
    assert requests.get(f"{base}/readyz", timeout=10).json()["configuration"] == before


def test_a_mistake_is_told_and_nobody_is_asked(pesagate: Gateway) -> None:
    pesagate.start()
    pesagate.path.write_text(pesagate.path.read_text() + "rotues: []\n")
    for command in ("plan", "reload"):
        ran = pesagate.run(command)
        assert ran.returncode == 78
        assert "rotues: unknown key." in ran.stderr
    assert outcomes(pesagate) == 0


def test_without_a_running_gateway_nobody_is_signalled(pesagate: Gateway) -> None:
    pesagate.start()
    pesagate.stop()
    ran = pesagate.run("reload")
    assert (ran.returncode, ran.stderr) == (
        1, "pesagate: No gateway of this host is running on the store: start it with `pesagate serve`.\n"
    )  # fmt: skip
