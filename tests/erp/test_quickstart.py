"""The quickstart as its reader does it: its own commands, in order, in a fresh folder and a fresh environment.

Only the two port numbers are others, as somebody may have those of the page. It is done once with each receiver that
the page offers: one payment, sent twice, stands there once.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from erp.emulated.odoo import Odoo19
from gateway_process import free_port

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs/quickstart.md").read_text("utf-8")
SECTION = re.compile(r"^(?P<marks>##+) (?P<title>.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECEIVERS = ("A receiver of your own", "Odoo 19", "Tryton")
# What is installed is made of these; nothing else of the checkout is there.
SOURCES = ("gateway", "adapters", "schemas", "config", "pyproject.toml", "requirements.lock", "README.md", "LICENSE")

# One Tryton for all of them, and pip's downloads only once at a time.
pytestmark = [pytest.mark.xdist_group("tryton"), pytest.mark.timeout(600)]


def sections() -> list[tuple[str, list[str]]]:
    """Every heading of the page and the commands below it."""
    starts = [*SECTION.finditer(PAGE)]
    ends = [start.start() for start in starts[1:]] + [len(PAGE)]
    return [(start["title"], BLOCK.findall(PAGE[start.end() : end])) for start, end in zip(starts, ends, strict=True)]


def blocks(receiver: str) -> dict[str, list[str]]:
    """What a reader who has this receiver types, by heading."""
    others = {title for title in RECEIVERS if title != receiver}
    return {title: commands for title, commands in sections() if commands and title not in others}


class Reader:
    """A person at a terminal: one shell, into which one block after the other goes."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.ports = {"8080": str(free_port()), "9000": str(free_port())}
        self._seen = folder.with_suffix(".terminal")
        self._number = 0
        with self._seen.open("wb") as terminal:
            self._shell = subprocess.Popen(
                ["/bin/bash"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=terminal, stderr=terminal
            )

    @property
    def seen(self) -> str:
        """All that stands on the terminal."""
        return self._seen.read_text("utf-8")

    def type(self, block: str) -> None:
        """Run a block and wait for its end; each command of it has to succeed."""
        for port, free in self.ports.items():
            block = re.sub(rf"\b{port}\b", free, block)
        self._number += 1
        assert self._shell.stdin is not None
        block = f"set -e\n{block}\nset +e\necho block {self._number} is done\n"
        self._shell.stdin.write(block.encode())
        self._shell.stdin.flush()
        self.wait_for(f"block {self._number} is done", seconds=300)

    def wait_for(self, text: str, seconds: float = 60) -> None:
        """Wait until something stands on the terminal."""
        self.wait_until(lambda: text in self.seen, seconds)

    def wait_until(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something holds. The shell has to be there all the time."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert self._shell.poll() is None, self.seen
            assert time.monotonic() < deadline, self.seen
            time.sleep(0.05)

    def leave(self) -> None:
        """Close the shell, and with it what still runs there."""
        if self._shell.poll() is None:
            self._shell.communicate(b"kill $(jobs -p) 2>/dev/null\nwait\n", timeout=60)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository. Whoever comes first makes the environment in it."""
    folder = tmp_path_factory.mktemp("quickstart") / "pesagate"
    folder.mkdir()
    for name in SOURCES:
        source = CHECKOUT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    return folder


@contextmanager
def reader(folder: Path, **given: str) -> Iterator[Reader]:
    """Give a person who stands in a copy of the repository, with nothing else at hand than the system's Python."""
    shutil.rmtree(folder / "shop", ignore_errors=True)
    python = Path(sys.base_prefix) / "bin"
    environment = {
        "PATH": f"{python}:/usr/local/bin:/usr/bin:/bin",
        "HOME": os.environ.get("HOME", str(folder)),
        **given,
    }
    environment |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    somebody = Reader(folder, environment)
    try:
        yield somebody
    finally:
        somebody.leave()


def follow(somebody: Reader, receiver: str) -> None:
    """Do all that the page says, up to where the reader stops the gateway."""
    for title, commands in blocks(receiver).items():
        if title.endswith("Stop"):
            return
        for command in commands:
            # The page says so itself: of an environment that is there only the last line is needed.
            is_there = title.endswith("Install") and (somebody.folder / ".venv").exists()
            somebody.type(command.splitlines()[-1] if is_there else command)
            if "pesagate serve" in command:
                somebody.wait_for('"event": "ready"')
    raise AssertionError("the page never stops the gateway")


def sent(somebody: Reader) -> dict[str, str]:
    """Return the one event, read by the page's own environment."""
    done = subprocess.run(
        [somebody.folder / ".venv/bin/pesagate", "events", "--json", "-c", somebody.folder / "shop/pesagate.yaml"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": "", "RECEIVER_TOKEN": "anything"},
    )
    (line,) = done.stdout.splitlines()
    event: dict[str, str] = json.loads(line)
    return event


def stop(somebody: Reader, receiver: str) -> None:
    (command,) = next(commands for title, commands in blocks(receiver).items() if title.endswith("Stop"))
    somebody.type(command)


def test_the_page_has_the_receivers_and_its_commands() -> None:
    assert {title for title, commands in sections() if commands} >= set(RECEIVERS)
    for receiver in RECEIVERS:
        assert len(blocks(receiver)) == 6


def test_one_payment_arrives_at_a_receiver_of_ones_own(copy: Path) -> None:
    with reader(copy) as somebody:
        follow(somebody, "A receiver of your own")
        somebody.wait_for("received {")
        event = sent(somebody)
        stop(somebody, "A receiver of your own")
    got = [json.loads(line.partition(" ")[2]) for line in somebody.seen.splitlines() if line.startswith("received {")]
    assert [(each["receipt"], each["event"], each["reference"]) for each in got] == [
        (event["receipt"], event["id"], "INV-1007")
    ]
    assert " 200 accepted" in somebody.seen
    assert " 200 duplicate" in somebody.seen


def test_one_payment_is_booked_in_odoo(copy: Path) -> None:
    with Odoo19("key-19", "prod") as odoo:
        given = {"ODOO_URL": odoo.url, "ODOO_DATABASE": "prod", "ODOO_JOURNAL": "8", "ODOO_KEY": odoo.key}
        with reader(copy, **given) as somebody:
            follow(somebody, "Odoo 19")
            somebody.wait_until(lambda: bool(odoo.booked))
            stop(somebody, "Odoo 19")
            assert len(odoo.booked) == 1


def test_one_payment_is_booked_in_tryton(copy: Path, books) -> None:
    settings = {"journal": "journal", "account": "clearing", "receivable": "receivable", "key": "key"}
    given = {f"TRYTON_{name.upper()}": str(books.settings[setting]) for name, setting in settings.items()}
    before = books.booked()
    with reader(copy, TRYTON_URL=books.url, TRYTON_UNMATCHED="ACC-002", **given) as somebody:
        follow(somebody, "Tryton")
        somebody.wait_until(lambda: any(move.state == "posted" for move in books.booked()[len(before) :]))
        stop(somebody, "Tryton")
    (move,) = books.booked()[len(before) :]
    assert sum(move.lines.values()) == Decimal(0)
