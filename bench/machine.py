"""On what, and with which versions, a run was made: no figure means anything without it."""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("pesagate", "tornado", "SQLAlchemy", "jsonschema", "fastjsonschema", "requests")


def about() -> dict[str, str]:
    """Return the facts of this machine by name."""
    memory = int(re.search(r"MemTotal: +(\d+)", Path("/proc/meminfo").read_text("ascii"))[1])  # type: ignore[index]
    return {
        "system": f"{_distribution()}, Linux {platform.release()}, {platform.machine()}",
        "processors": f"{os.cpu_count()} x {_processor()}",
        "memory": f"{memory / 1024**2:.0f} GB",
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "Node": _first_line("node", "--version"),
        "wrk": _first_line("wrk", "--version"),
    }


def _distribution() -> str:
    found = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text("utf-8"))
    return found[1] if found else platform.system()


def _processor() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text("utf-8"))
    return found[1] if found else platform.machine()


def _first_line(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return "none"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()[0].partition(" Copyright")[0]
