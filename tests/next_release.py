"""A release to come: a copy of this one whose tables are steps ahead, run beside it on the same store."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import gateway
from gateway import resources
from gateway.store.tables import COMPATIBLE_FROM, SCHEMA_VERSION

EXPAND = f'''"""A note for each question."""

from alembic import op
from sqlalchemy import Column, Text

revision = "{SCHEMA_VERSION + 1:04}"
down_revision = "{SCHEMA_VERSION:04}"
compatible_from = {SCHEMA_VERSION}
destroys = None


def upgrade() -> None:
    op.add_column("questions", Column("note", Text))
    op.execute("UPDATE questions SET note = 'of ' || tenant")
    with op.batch_alter_table("callbacks", recreate="auto") as callbacks:
        callbacks.alter_column("source", type_=Text)
'''  # noqa: S608 - the text of a module
CONTRACT = f'''"""Attempts are no longer kept."""

from alembic import op

revision = "{SCHEMA_VERSION + 2:04}"
down_revision = "{SCHEMA_VERSION + 1:04}"
compatible_from = {SCHEMA_VERSION + 2}
destroys = "all recorded attempts"


def upgrade() -> None:
    op.drop_table("attempts")
'''
FIRST = f'''"""The tables of the release before."""

revision = "{SCHEMA_VERSION:04}"
down_revision = None
compatible_from = {COMPATIBLE_FROM}
destroys = None


def upgrade() -> None:
    raise NotImplementedError
'''


def write_steps(versions: Path, *modules: str) -> None:
    """Write the chain of a release to come: this one's tables as they are, then these steps."""
    versions.mkdir(exist_ok=True)
    for old in versions.glob("*.py"):
        old.unlink()
    (versions / "__init__.py").write_text("")
    for number, module in enumerate((FIRST, *modules)):
        (versions / f"step_{number}.py").write_text(module, "utf-8")


class NextRelease:
    """The copy, in a folder of its own."""

    def __init__(self, folder: Path, *modules: str) -> None:
        self.folder = folder
        here = Path(gateway.__file__).parents[1]
        skip = shutil.ignore_patterns("__pycache__")
        for package in ("gateway", "adapters"):
            shutil.copytree(here / package, folder / package, ignore=skip)
        if resources.data_dir() == here:
            (folder / "pyproject.toml").touch()
            for data in ("schemas", "config"):
                shutil.copytree(here / data, folder / data, ignore=skip)
        tables = folder / "gateway/store/tables.py"
        ahead = SCHEMA_VERSION + len(modules)
        text, changed = re.subn(r"^SCHEMA_VERSION = \d+$", f"SCHEMA_VERSION = {ahead}", tables.read_text(), flags=re.M)
        assert changed == 1
        tables.write_text(text)
        write_steps(folder / "gateway/store/migrations/versions", *modules)

    @property
    def environment(self) -> dict[str, str]:
        """What makes `python -m gateway` be this release."""
        return {**os.environ, "PYTHONPATH": str(self.folder)}

    def run(self, *args: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one of its commands."""
        return subprocess.run(
            [sys.executable, "-m", "gateway", *args],
            capture_output=True, text=True, timeout=60, check=False, cwd=self.folder,
            env={**self.environment, **environment},
        )  # fmt: skip
