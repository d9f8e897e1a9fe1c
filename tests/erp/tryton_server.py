"""A real Tryton on PostgreSQL: a database of its own, set up as a shop's accountant would, and its HTTP server.

It runs in an environment of its own (`make .venv-tryton/.ready`), found by PESAGATE_TEST_TRYTON, which names that
environment's folder, else as .venv-tryton in the checkout. Where there is none the tests are skipped and say so.
"""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from databases import own_database
from gateway_process import free_port
from sqlalchemy import create_engine
from sqlalchemy.engine import URL

CHECKOUT = Path(__file__).parents[2]
SETUP = Path(__file__).with_name("tryton_setup.py")
VARIABLE = "PESAGATE_TEST_TRYTON"


@dataclass(frozen=True)
class Booked:
    """One account move as it stands in Tryton's tables."""

    receipt: str
    state: str
    # Account id -> debit less credit.
    lines: dict[int, Decimal]


class Tryton:
    """A Tryton that may be stopped and started as often as a test likes."""

    def __init__(self, folder: Path, database: URL) -> None:
        self.port = free_port()
        self.settings: dict[str, Any] = {}
        self._folder = folder
        self._database = database
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its database's REST interface."""
        return f"http://127.0.0.1:{self.port}/{self._database.database}"

    def set_up(self, *days: str) -> None:
        """Make the tables, the company, its accounts and open periods for these days."""
        server = self._database.set(database="", drivername="postgresql").render_as_string(hide_password=False)
        config = f"[database]\nuri = {server}\n[web]\nlisten = 127.0.0.1:{self.port}\n"
        (self._folder / "trytond.conf").write_text(config, "utf-8")
        (self._folder / "password").write_text(secrets.token_hex(), "utf-8")
        self._run(
            "trytond-admin", "-d", self._name, "-u", "account", "--activate-dependencies", "--email", "a@b.example"
        )
        told = self._run("python", SETUP, self._folder / "trytond.conf", self._name, *days)
        self.settings = json.loads(told)

    def start(self) -> None:
        """Start its server and wait until it answers."""
        with (self._folder / "trytond.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program("trytond"), *self._config()], stdout=log, stderr=log, env=self._environment()
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.url}/rest/model/party.party", timeout=30).status_code == 401:
                    return
            except requests.ConnectionError:
                time.sleep(0.1)
        raise AssertionError((self._folder / "trytond.log").read_text("utf-8"))

    def stop(self) -> None:
        """End its server."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def booked(self) -> list[Booked]:
        """Return every move, read past Tryton."""
        engine = create_engine(self._database)
        try:
            with engine.connect() as connection:
                rows = connection.exec_driver_sql(
                    "SELECT m.id, m.description, m.state, l.account, l.debit - l.credit FROM account_move m"
                    " LEFT JOIN account_move_line l ON l.move = m.id ORDER BY m.id, l.id"
                ).all()
        finally:
            engine.dispose()
        moves: dict[int, Booked] = {}
        for number, receipt, state, account, amount in rows:
            lines = moves.setdefault(number, Booked(receipt, state, {})).lines
            lines[account] = lines.get(account, Decimal(0)) + amount
        return list(moves.values())

    @property
    def _name(self) -> str:
        assert self._database.database is not None
        return self._database.database

    def _run(self, program: str, *args: "str | Path") -> str:
        config = () if program == "python" else self._config()
        done = subprocess.run(
            [self._program(program), *([] if program == "python" else config), *args],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            env=self._environment(),
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _config(self) -> "list[str | Path]":
        return ["-c", self._folder / "trytond.conf"]

    def _environment(self) -> dict[str, str]:
        config = {
            "TRYTOND_CONFIG": str(self._folder / "trytond.conf"),
            "TRYTONPASSFILE": str(self._folder / "password"),
        }
        return {**os.environ, **config}

    @staticmethod
    def _program(name: str) -> Path:
        return _environment_folder() / "bin" / name


@contextmanager
def tryton(folder: Path, *days: str) -> Iterator[Tryton]:
    """Give a Tryton with open periods for these days (YYYY-MM-DD), running; nothing of it is left at the end."""
    _environment_folder()
    with own_database("postgresql") as database:
        server = Tryton(folder, database)
        try:
            server.set_up(*days)
            server.start()
            yield server
        finally:
            server.stop()


def _environment_folder() -> Path:
    folder = Path(os.environ.get(VARIABLE) or CHECKOUT / ".venv-tryton")
    if not (folder / "bin" / "trytond-admin").exists():
        pytest.skip(f"no Tryton in {folder}: run `make .venv-tryton/.ready`, or set {VARIABLE} to its environment")
    return folder
