"""The systemd units of deploy/, judged by systemd itself."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest
from gateway_process import COMMAND
from proxies import DEPLOY, changed


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The shipped units in a folder, with the command where it lies here."""
    text = changed(DEPLOY / "systemd" / "pesagate.service", {"/opt/pesagate/bin/pesagate": str(COMMAND)})
    (tmp_path / "pesagate.service").write_text(text, "utf-8")
    (tmp_path / "pesagate.socket").write_text((DEPLOY / "systemd" / "pesagate.socket").read_text("utf-8"), "utf-8")
    return tmp_path


def systemd(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


def test_systemd_takes_them(units: Path) -> None:
    done = systemd("verify", units / "pesagate.service", units / "pesagate.socket")
    # Whatever it finds it says, also where it ends well.
    told = [line for line in (done.stdout + done.stderr).splitlines() if "pesagate" in line]
    assert (done.returncode, told) == (0, [])


def test_systemd_calls_the_service_well_shut_off(units: Path) -> None:
    # Ten times the exposure, from 0 (best) to 100.
    done = systemd("security", "--offline=true", "--threshold=15", units / "pesagate.service")
    assert done.returncode == 0, done.stdout


def can_forbid() -> bool:
    """Tell whether the kernel can forbid memory that is written and run (PR_SET_MDWE, Linux 6.3)."""
    return tuple(int(part) for part in platform.release().split(".")[:2]) >= (6, 3)


@pytest.mark.skipif("not can_forbid()", reason="needs Linux 6.3")
def test_no_library_of_ours_needs_memory_that_is_written_and_run(tmp_path: Path) -> None:
    """MemoryDenyWriteExecute forbids it to the service."""
    forbid = "import ctypes, runpy, sys; assert ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0; "
    run = "sys.argv = ['pesagate', *sys.argv[1:]]; runpy.run_module('gateway', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", forbid + run, "demo", "--once"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
