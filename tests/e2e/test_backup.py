"""`pesagate backup` under load, and what a restored gateway makes of the same callbacks: the same events."""

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from gateway_process import Gateway
from simulated import c2b

from adapters.testing import Receiver


class Load:
    """Posts one callback after the other until told to end, and knows which were acknowledged."""

    def __init__(self, pesagate: Gateway) -> None:
        self._pesagate = pesagate
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._post)
        self.sent: list[str] = []
        self.acknowledged: list[str] = []

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join(60)

    def wait_for(self, number: int) -> None:
        while len(self.acknowledged) < number:
            assert self._thread.is_alive()
            self._enough.wait(0.01)

    def _post(self) -> None:
        while not self._enough.is_set():
            receipt = f"ULOAD{len(self.sent)}"
            self.sent.append(receipt)
            if self._pesagate.post("c2b-confirmation", c2b(receipt)).status_code == 200:
                self.acknowledged.append(receipt)


def ids(pesagate: Gateway) -> dict[str, str]:
    return {event["receipt"]: event["id"] for event in pesagate.rows("events")}


def restore(pesagate: Gateway, copy: Path) -> None:
    """Do what docs/operating.md says."""
    store = pesagate.folder / "pesagate.db"
    for ending in ("", "-wal", "-shm"):
        store.with_name(store.name + ending).unlink(missing_ok=True)
    shutil.copyfile(copy, store)


def test_the_same_callbacks_give_the_same_events_after_restoring(
    pesagate: Gateway, erp: Receiver, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    pesagate.config["server"]["workers"] = 2
    pesagate.start()
    with Load(pesagate) as load:
        load.wait_for(60)
        before = list(load.acknowledged)
        done = pesagate.run("backup", copy)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"{copy}: {copy.stat().st_size} bytes, checked\n"
        load.wait_for(len(load.acknowledged) + 40)
    assert load.sent == load.acknowledged
    pesagate.wait_for_state("delivered", len(load.sent), 60)
    known = ids(pesagate)
    assert set(known) == set(load.sent)
    # The disk is gone, and with it what came after the backup.
    pesagate.kill()
    restore(pesagate, copy)
    pesagate.start()
    restored = ids(pesagate)
    assert set(before) <= set(restored) < set(known)
    assert restored.items() <= known.items()
    # M-Pesa, or whoever has kept the callbacks, sends them once more.
    for receipt in load.sent:
        result = pesagate.post("c2b-confirmation", c2b(receipt)).headers["Pesagate-Result"]
        assert result == ("duplicate" if receipt in restored else "accepted")
    pesagate.wait_for_state("delivered", len(load.sent), 60)
    assert ids(pesagate) == known
    # What was delivered once already comes again under its own id, so that the ERP can tell.
    assert {request.headers["webhook-id"] for request in erp.requests} == set(known.values())


def test_one_that_is_there_is_replaced_only_after_a_question(pesagate: Gateway, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    pesagate.start()
    copy.write_text("mine")
    asked = pesagate.run("backup", copy)
    assert (asked.returncode, copy.read_text()) == (1, "mine")
    assert pesagate.run("backup", copy, "--yes").returncode == 0
    assert copy.read_bytes().startswith(b"SQLite format 3")


def test_a_store_of_another_release_is_backed_up_too(pesagate: Gateway, tmp_path: Path) -> None:
    """It is what one does before `migrate`."""
    pesagate.start()
    assert pesagate.stop() == 0
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db", isolation_level=None)) as connection:
        connection.execute("UPDATE meta SET value = '0' WHERE key IN ('schema_version', 'compatible_from')")
    assert pesagate.run("backup", tmp_path / "copy.db").returncode == 0


def test_the_store_is_not_offered_to_be_replaced(pesagate: Gateway) -> None:
    pesagate.start()
    refused = pesagate.run("backup", pesagate.folder / "pesagate.db")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"pesagate: {pesagate.folder / 'pesagate.db'} belongs to the store itself")


def test_there_must_be_a_store(pesagate: Gateway, tmp_path: Path) -> None:
    pesagate.write()
    missing = pesagate.run("backup", tmp_path / "copy.db")
    assert missing.returncode == 1
    assert missing.stderr.startswith("pesagate: There is no store at ")
    assert not (tmp_path / "copy.db").exists()
