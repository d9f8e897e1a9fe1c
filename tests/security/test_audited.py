"""What continuous integration makes of pip-audit's answer: a weakness fails, silence is a notice."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci/audited.py"
SAFE = {"name": "click", "version": "8.3.1", "vulns": []}
WEAK = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-2026-1"}]}
UNKNOWN = {"name": "own", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        (None, 0, "NOTICE: known weaknesses were not looked for, as the service cannot be reached: no route"),
        ([SAFE], 0, ""),
        ([SAFE, UNKNOWN], 0, "NOTICE: nothing could be found out about 1 packages: own"),
        ([SAFE, WEAK], 1, "old 1.0: PYSEC-2026-1"),
    ],
)
def test_what_is_said(packages: list[Any] | None, code: int, said: str, tmp_path: Path) -> None:
    found, log = tmp_path / "audit.json", tmp_path / "audit.log"
    log.write_text("trying\nno route\n")
    if packages is not None:
        found.write_text(json.dumps({"dependencies": packages}))
    done = subprocess.run([sys.executable, SCRIPT, found, log], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (code, said)
