"""The chain of steps, and what a step does to a store, on SQLite and PostgreSQL."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from arrivals import arrival
from databases import own_database
from next_release import CONTRACT, EXPAND, write_steps
from opened_store import Store
from simulated import c2b
from sqlalchemy import Engine, create_engine, insert, inspect, text
from sqlalchemy.pool import NullPool

from gateway.domain.errors import StoreError
from gateway.domain.settings import Secret
from gateway.domain.times import utc_now
from gateway.pipeline.settle import settle
from gateway.store.columns import METADATA
from gateway.store.engine import open_engine
from gateway.store.inbox import Inbox
from gateway.store.migrations.run import make, migrating
from gateway.store.migrations.steps import Step, steps
from gateway.store.tables import COMPATIBLE_FROM, QUESTIONS, SCHEMA_VERSION
from gateway.store.version import Version, objection, read_version

ORPHANING = f'''"""Payments are lost."""

from alembic import op

revision = "{SCHEMA_VERSION + 1:04}"
down_revision = "{SCHEMA_VERSION:04}"
compatible_from = {SCHEMA_VERSION}
destroys = None


def upgrade() -> None:
    op.execute("DELETE FROM payments")
'''  # noqa: S608 - the text of a module


def later(folder: Path, *modules: str) -> list[Step]:
    """Return the steps of releases to come."""
    write_steps(folder / "versions", *modules)
    return list(steps(SCHEMA_VERSION, folder / "versions"))


# SQLite does not tell of the expression of an index; that it is the same is seen in its own words below.
EXPRESSIONS = pytest.mark.filterwarnings("ignore:.*expression-based index")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database."""
    if request.param == "sqlite":
        yield migrating(Secret(f"sqlite:///{tmp_path / 'empty.db'}"))
        return
    with own_database("postgresql") as url:
        engine = create_engine(url, poolclass=NullPool)
        yield engine
        engine.dispose()


def is_of(dialect: str) -> Callable[..., bool]:
    """Return what tells whether a table or index is one that this database shall have: some indices are one's own."""

    def tell(found: Any, _name: str, kind: str, *_: object) -> bool:
        condition = found._ddl_if if kind == "index" else None
        return condition is None or condition.dialect == dialect

    return tell


@EXPRESSIONS
def test_the_chain_ends_with_the_tables_of_this_release(empty: Engine) -> None:
    for step in steps():
        assert make(empty, step)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_of(connection.dialect.name)})
        assert compare_metadata(context, METADATA) == []
        assert read_version(connection) == Version(SCHEMA_VERSION, COMPATIBLE_FROM)


def test_the_chain_is_one_line_of_numbers_that_go_up() -> None:
    chain = steps()
    assert [step.after for step in chain] == [0, *(step.version.number for step in chain[:-1])]
    assert sorted({step.version.number for step in chain}) == [step.version.number for step in chain]
    assert (chain[-1].version.number, chain[-1].version.compatible_from) == (SCHEMA_VERSION, COMPATIBLE_FROM)
    assert all(step.version.compatible_from <= step.version.number and step.title.endswith(".") for step in chain)


def test_what_the_chain_makes_is_what_a_new_store_has(tmp_path: Path) -> None:
    made = migrating(Secret(f"sqlite:///{tmp_path / 'made.db'}"))
    for step in steps():
        make(made, step)
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    with closing(sqlite3.connect(tmp_path / "made.db")) as connection:
        assert connection.execute(query).fetchall() == Store(tmp_path).query(query)


def ask(engine: Engine) -> None:
    """Record a question."""
    with engine.begin() as connection:
        connection.execute(
            insert(QUESTIONS).values(
                id=1, tenant="duka", shortcode="600638", kind="c2b-validation", identity="UQ", decision="accept",
                because="", body=b"{}", source="", received_at=1,
            )
        )  # fmt: skip


def pay(store: Store) -> None:
    """Let a payment be written, with an event that refers to it."""
    with store.engine.begin() as connection:
        Inbox(settle, utc_now)(connection, [arrival("c2b-confirmation", c2b("UMIG"))])


@pytest.fixture
def filled(empty: Engine) -> Engine:
    """A store of this release with a question in it."""
    for step in steps():
        make(empty, step)
    ask(empty)
    return empty


def columns(engine: Engine, table: str) -> set[str]:
    return {column["name"] for column in inspect(engine).get_columns(table)}


def test_a_step_keeps_what_is_there(filled: Engine, tmp_path: Path) -> None:
    (step,) = later(tmp_path, EXPAND)
    assert make(filled, step)
    with filled.connect() as connection:
        assert read_version(connection) == Version(SCHEMA_VERSION + 1, SCHEMA_VERSION)
        assert connection.execute(text("SELECT id, note FROM questions")).all() == [(1, "of duka")]


def test_a_step_that_somebody_else_has_made_is_left_alone(filled: Engine, tmp_path: Path) -> None:
    (step,) = later(tmp_path, EXPAND)
    assert make(filled, step)
    assert not make(filled, step)


def test_a_step_that_fails_leaves_everything_as_it_was(filled: Engine, tmp_path: Path) -> None:
    failing = EXPAND + "    raise ValueError('in the middle')\n"
    (step,) = later(tmp_path, failing)
    with pytest.raises(ValueError, match="in the middle"):
        make(filled, step)
    assert "note" not in columns(filled, "questions")
    with filled.connect() as connection:
        assert read_version(connection) == Version(SCHEMA_VERSION, COMPATIBLE_FROM)


def test_a_step_that_leaves_rows_without_what_they_refer_to_is_not_made(tmp_path: Path) -> None:
    store = Store(tmp_path)
    pay(store)
    (step,) = later(tmp_path, ORPHANING)
    with pytest.raises(StoreError, match=f"Step {SCHEMA_VERSION + 1} would leave rows of .*events"):
        make(migrating(store.url), step)
    assert store.query("SELECT count(*) FROM payments") == [(1,)]


def test_what_may_go_on_running_meanwhile(tmp_path: Path) -> None:
    expand, contract = later(tmp_path, EXPAND, CONTRACT)
    assert expand.may_run_beside(SCHEMA_VERSION)
    assert not contract.may_run_beside(SCHEMA_VERSION)
    assert (expand.destroys, contract.destroys) == (None, "all recorded attempts")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Version(5, 5), None),
        (Version(6, 5), None),
        (Version(7, 5), None),
        (
            Version(6, 6),
            "The store has tables of version 6, this release needs 5: use the release that made the store.",
        ),
        (
            Version(4, 4),
            "The store has tables of version 4, this release needs 5: run `pesagate migrate -c 'my shop/p.yaml'`, "
            "after a `pesagate backup FILE -c 'my shop/p.yaml'`.",
        ),
        (None, "The store does not say which version its tables have: it is no whole store, restore a backup."),
    ],
)
def test_which_tables_a_release_works_on(found: Version | None, said: str | None) -> None:
    assert objection(found, 5, Path("my shop/p.yaml")) == said


def test_no_step_leads_from_a_version_that_was_never_released() -> None:
    with pytest.raises(StoreError, match="No step leads on from tables of version 9999: this release knows "):
        steps(9999)


MIGRATE = """
import sys
from pathlib import Path
from typing import Any
from gateway.domain.settings import Secret
from gateway.domain.times import utc_now
from gateway.pipeline.settle import settle
from gateway.store.migrations.run import make, migrating
from gateway.store.migrations.steps import steps
engine = migrating(Secret(sys.argv[1]))
for step in steps(int(sys.argv[2]), Path(sys.argv[3])):
    make(engine, step)
"""


@pytest.mark.parametrize("point", ["in_migration", "after_migration"])
@pytest.mark.parametrize("times", [1, 2])
def test_killed_in_the_middle_it_is_run_again(tmp_path: Path, point: str, times: int) -> None:
    store = Store(tmp_path)
    ask(store.engine)
    pay(store)
    before = store.query("SELECT * FROM callbacks")
    later(tmp_path, EXPAND, CONTRACT)

    def migrate(number: int) -> int:
        plan = {"PESAGATE_CRASH_AT": f"{point}:{times}:{tmp_path / 'crashed'}"}
        args = [sys.executable, "-c", MIGRATE, store.url.reveal(), str(number), tmp_path / "versions"]
        return subprocess.run(args, env={**os.environ, **plan}, check=False).returncode

    assert migrate(SCHEMA_VERSION) == -9
    made = times if point == "after_migration" else times - 1
    with open_engine(store.url).connect() as connection:
        found = read_version(connection)
    assert found is not None
    assert found.number == SCHEMA_VERSION + made
    assert ("note" in columns(store.engine, "questions")) == (made > 0)
    assert migrate(found.number) == 0
    assert store.query("PRAGMA integrity_check") == [("ok",)]
    assert store.query("SELECT id, note FROM questions") == [(1, "of duka")]
    assert store.query("SELECT * FROM callbacks") == before
    assert store.query("PRAGMA foreign_key_check") == []
    assert not inspect(store.engine).has_table("attempts")
