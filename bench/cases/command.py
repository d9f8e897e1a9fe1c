"""The command line answers at once: `pesagate --help` beside an interpreter that does nothing."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from processes import OURS
from report import Row, ratio_row
from rounds import paired, ratio
from session import Session

HEAVY = ("tornado", "sqlalchemy", "jsonschema", "fastjsonschema", "requests", "yaml", "rich", "structlog", "asyncio")
_TELL = f"""import sys
from gateway.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
print(*sorted({set(HEAVY)!r} & set(sys.modules)), file=sys.stderr)"""


def help_page(session: Session) -> Iterator[Row]:
    """Time the installed command; name what it imports though it needs none of it."""
    installed = Path(sys.executable).with_name("pesagate")
    command = [str(installed), "--help"] if installed.is_file() else [sys.executable, "-m", "gateway", "--help"]
    bare = [sys.executable, "-c", "pass"]
    times = 5 * session.pairs
    bases, targets = paired(lambda: _seconds(bare), lambda: _seconds(command), times)
    found = ratio(bases, targets)
    milliseconds = [sorted(side)[times // 2] * 1000 for side in (targets, bases)]
    imported = _run([sys.executable, "-c", _TELL]).stderr.strip() or "none"
    note = "{:.0f} by {:.0f} ms; heavy modules imported: ".format(*milliseconds) + imported
    yield ratio_row("help", "--help / python -c pass", found, note)


def _seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    _run(command)
    return time.perf_counter() - started


def _run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=True, env=OURS)
