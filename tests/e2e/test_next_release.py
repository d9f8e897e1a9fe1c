"""From one release to the next on the same store: the old one goes on for a step, and nothing that is there is lost."""

import shlex
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from gateway_process import Gateway
from next_release import CONTRACT, EXPAND, NextRelease
from simulated import c2b

from gateway.store.tables import SCHEMA_VERSION


def query(pesagate: Gateway, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db", timeout=20)) as connection:
        return connection.execute(sql).fetchall()


def filled(pesagate: Gateway, *receipts: str) -> None:
    """Let this release make a store with payments in it, and end."""
    pesagate.config["tenants"]["duka"]["routes"] = []
    pesagate.start()
    for receipt in receipts:
        assert pesagate.post("c2b-validation", c2b(receipt)).status_code == 200
        assert pesagate.post("c2b-confirmation", c2b(receipt)).status_code == 200


def test_the_new_release_names_the_command_that_brings_the_store_up_to_date(pesagate: Gateway, tmp_path: Path) -> None:
    filled(pesagate, "UMIG1", "UMIG2")
    assert pesagate.stop() == 0
    new = NextRelease(tmp_path / "next", EXPAND)
    for words in (["serve"], ["events"], ["deliveries"], ["replay"], ["quarantine", "reprocess"], ["explain", "UMIG1"]):
        refused = new.run(*words, "-c", pesagate.path)
        assert refused.returncode == 1
        told = f"The store has tables of version {SCHEMA_VERSION}, this release needs {SCHEMA_VERSION + 1}: run `"
        assert refused.stderr.splitlines()[-1].startswith(f"pesagate: {told}")
    command = refused.stderr.partition("run `")[2].partition("`")[0]
    assert shlex.split(command) == ["pesagate", "migrate", "-c", str(pesagate.path)]

    looked = new.run(*shlex.split(command)[1:], "--dry-run")
    assert looked.stdout == (
        f"The store has tables of version {SCHEMA_VERSION}, 1 step to {SCHEMA_VERSION + 1}:\n"
        f"{SCHEMA_VERSION + 1}: A note for each question.\n"
    )
    assert query(pesagate, "SELECT value FROM meta WHERE key = 'schema_version'") == [(str(SCHEMA_VERSION),)]
    done = new.run(*shlex.split(command)[1:])
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (0, f"{SCHEMA_VERSION + 1}: done", "")
    assert query(pesagate, "SELECT note FROM questions") == [("of duka",), ("of duka",)]
    again = new.run(*shlex.split(command)[1:])
    assert again.stdout == f"The store has tables of version {SCHEMA_VERSION + 1}: there is nothing to do.\n"
    assert len(new.run("events", "-c", pesagate.path).stdout.splitlines()) == 2


def test_the_old_release_goes_on_before_during_and_after_a_step(pesagate: Gateway, tmp_path: Path) -> None:
    filled(pesagate)
    new = NextRelease(tmp_path / "next", EXPAND)
    acknowledged: list[str] = []
    enough = threading.Event()

    def post() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            if pesagate.post("c2b-confirmation", c2b(f"UROLL{number}")).status_code == 200:
                acknowledged.append(f"UROLL{number}")

    posting = threading.Thread(target=post)
    posting.start()
    done = new.run("migrate", "-c", pesagate.path)
    at_migration = len(acknowledged)
    assert done.returncode == 0, done.stderr
    # It runs on, is started anew, and answers questions: all on the tables of its successor.
    assert pesagate.post("c2b-confirmation", c2b("UROLLED")).status_code == 200
    enough.set()
    posting.join(30)
    assert pesagate.stop() == 0
    pesagate.start()
    assert pesagate.post("c2b-confirmation", c2b("UROLLED")).headers["Pesagate-Result"] == "duplicate"
    assert at_migration
    assert {event["receipt"] for event in pesagate.rows("events")} == {*acknowledged, "UROLLED"}
    looked = pesagate.run("migrate")
    assert looked.stderr == ""
    assert looked.stdout == f"The store has tables of version {SCHEMA_VERSION + 1}: there is nothing to do.\n"
    assert pesagate.stop() == 0
    assert new.run("events", "-c", pesagate.path).returncode == 0


def test_a_step_that_destroys_asks_and_needs_gateways_to_be_stopped(pesagate: Gateway, tmp_path: Path) -> None:
    filled(pesagate, "UMIG1")
    new = NextRelease(tmp_path / "next", EXPAND, CONTRACT)
    asked = new.run("migrate", "-c", pesagate.path)
    assert asked.returncode == 1
    assert "   destroys all recorded attempts\n" in asked.stdout
    refused = new.run("migrate", "-c", pesagate.path, "--yes")
    assert refused.stderr == (
        f"pesagate: Another gateway is running on this store ({pesagate.folder / 'pesagate.db'}.lock is locked): "
        "these steps need it to be stopped first.\n"
    )
    assert query(pesagate, "SELECT value FROM meta WHERE key = 'schema_version'") == [(str(SCHEMA_VERSION),)]
    assert pesagate.stop() == 0
    done = new.run("migrate", "-c", pesagate.path, "--yes")
    assert done.returncode == 0, done.stderr
    assert query(pesagate, "SELECT name FROM sqlite_master WHERE name = 'attempts'") == []
    refused = pesagate.run("serve")
    assert refused.stderr.splitlines()[-1] == (
        f"pesagate: The store has tables of version {SCHEMA_VERSION + 2}, this release needs {SCHEMA_VERSION}: "
        "use the release that made the store."
    )


def test_the_installed_command_killed_in_the_middle_is_run_again(pesagate: Gateway, tmp_path: Path) -> None:
    filled(pesagate, "UMIG1")
    assert pesagate.stop() == 0
    new = NextRelease(tmp_path / "next", EXPAND)
    plan = {"PESAGATE_CRASH_AT": f"in_migration:1:{tmp_path / 'crashed'}"}
    assert new.run("migrate", "-c", pesagate.path, **plan).returncode == -signal.SIGKILL
    # Nothing of the step is there: the release of before starts as if nothing had been.
    pesagate.start()
    assert pesagate.post("c2b-confirmation", c2b("UMIG1")).headers["Pesagate-Result"] == "duplicate"
    assert pesagate.stop() == 0
    assert new.run("migrate", "-c", pesagate.path, **plan).returncode == 0
    assert query(pesagate, "SELECT note FROM questions") == [("of duka",)]


def test_a_store_that_is_up_to_date_has_nothing_to_do(pesagate: Gateway) -> None:
    pesagate.write()
    missing = pesagate.run("migrate")
    assert (missing.returncode, missing.stderr) == (
        1, f"pesagate: There is no store at {pesagate.folder / 'pesagate.db'} yet: `pesagate serve` creates it.\n"
    )  # fmt: skip
    pesagate.start()
    done = pesagate.run("migrate")
    assert (done.returncode, done.stdout) == (
        0, f"The store has tables of version {SCHEMA_VERSION}: there is nothing to do.\n"
    )  # fmt: skip


def test_serving_needs_no_alembic(pesagate: Gateway) -> None:
    """What a running gateway has imported: its processes were forked from one that had imported everything."""
    pesagate.write()
    done = subprocess.run([sys.executable, "-c", SERVE, pesagate.path], capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"


# The log says "ready" when the parent can be told to end.
SERVE = """
import os, signal, sys, threading
from gateway.cli import main
reading, writing = os.pipe()
heard = os.dup(2)
os.dup2(writing, 2)
def end_when_ready():
    said = b""
    while b'"ready"' not in said:
        said += os.read(reading, 65536)
    os.kill(os.getpid(), signal.SIGTERM)
    while piece := os.read(reading, 65536):
        os.write(heard, piece)
threading.Thread(target=end_when_ready, daemon=True).start()
try:
    main(["serve", "-c", sys.argv[1]])
except SystemExit:
    print("alembic" in sys.modules, "sqlalchemy" in sys.modules)
"""
