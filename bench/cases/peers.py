"""The handlers that people write from a tutorial, in Express and in Django. They store nothing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processes import Child, free_port
from product import product
from report import Row, ratio_row
from rounds import of, paired, ratio
from session import SERVERS, NotHereError, Session

EXPRESS = "express@5"
DJANGO = ("Django>=5.2,<6", "gunicorn")


def express(session: Session) -> Iterator[Row]:
    """One process of Express."""
    folder = _installed(session, "npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", "{}", EXPRESS)
    port = free_port()
    command = ["node", SERVERS / "express.js", str(port)]
    with _server(session, command, port, NODE_PATH=str(folder / "node_modules"), NODE_ENV="production") as peer:
        yield from _beside(session, "express", "Express", peer)


def django(session: Session) -> Iterator[Row]:
    """Django behind gunicorn with two workers of four threads."""
    command = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", "{}", *DJANGO)
    folder = _installed(session, sys.executable, *command)
    port = free_port()
    shape = ["--worker-class=gthread", "--workers=2", "--threads=4", f"--bind=127.0.0.1:{port}", "--log-level=warning"]
    run = [sys.executable, "-m", "gunicorn", *shape, "django_app:application"]
    with _server(session, run, port, PYTHONPATH=f"{folder}{os.pathsep}{SERVERS}") as peer:
        yield from _beside(session, "django", "Django, 2 workers", peer)


def _beside(session: Session, case: str, name: str, peer: Child) -> Iterator[Row]:
    with product(session.new_folder()) as made:
        made.hold_delivery()
        session.get(peer)
        session.post(made)
        bases, targets = paired(lambda: session.get(peer), lambda: session.post(made), session.pairs)
    rates = ratio(of(bases, "rate"), of(targets, "rate"))
    middle = [sorted(of(side, "rate"))[session.pairs // 2] for side in (targets, bases)]
    failed = sum(of(bases, "non_2xx"))
    note = "{:.0f} by {:.0f} a second".format(*middle) + (f"; not 2xx of {name}: {failed:.0f}" if failed else "")
    yield ratio_row(case, f"acks a second / {name}", rates, note)
    yield ratio_row(case, f"CPU per answer / {name}", ratio(of(bases, "cpu_us"), of(targets, "cpu_us")))
    yield ratio_row(case, f"p99 / {name}", ratio(of(bases, "p99_ms"), of(targets, "p99_ms")))


def _installed(session: Session, *command: str) -> Path:
    """Install into a folder of this run, which the command names {}. Raises NotHereError where that cannot be done."""
    if shutil.which(command[0]) is None:
        raise NotHereError(f"{command[0]} is not installed")
    folder = session.new_folder()
    done = subprocess.run(
        [part.format(folder) for part in command], capture_output=True, text=True, timeout=180, check=False
    )
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no word why"])[-1]
        raise NotHereError(f"{command[-1]} could not be installed: {said[:160]}")
    return folder


@contextmanager
def _server(session: Session, command: list[str | Path], port: int, **environment: str) -> Iterator[Child]:
    child = Child(command, port, "/", session.folder / f"peer-{port}.log", environment)
    try:
        yield child
    finally:
        child.end()
