"""The demonstration: what README promises of its first command."""

import subprocess
from pathlib import Path

from gateway_process import COMMAND


def test_demo_ends_by_itself_without_a_terminal_and_every_payment_arrives_once(tmp_path: Path) -> None:
    done = subprocess.run([COMMAND, "demo"], capture_output=True, text=True, timeout=90, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 of 5 payments arrived at their ERP exactly once." in done.stdout
    for word in ("callback", "event", "route", "delivery", "the ERP said"):
        assert word in done.stdout
    assert list(tmp_path.iterdir()) == []
