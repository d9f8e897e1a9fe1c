"""Making a step: its work and the new version in one transaction, so that a crash leaves it made or not made."""

from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, Engine, event, inspect

from gateway.crash import point
from gateway.domain.errors import StoreError
from gateway.domain.settings import Secret
from gateway.store.engine import open_engine
from gateway.store.migrations.steps import Step
from gateway.store.tables import META
from gateway.store.version import read_version, write_version


def migrating(store_url: Secret) -> Engine:
    """Return an engine on the store whose connections let tables be built anew."""
    engine = open_engine(store_url)
    if engine.dialect.name == "sqlite":
        # A table is changed by copying and dropping it: with references enforced, dropping takes what refers to it.
        event.listen(engine, "connect", _references_off)
    return engine


def make(engine: Engine, step: Step) -> bool:
    """Make a step; return False where somebody else has made it meanwhile. Raises StoreError where it cannot be.

    `engine` comes from `migrating`.
    """
    with engine.begin() as connection:
        if _number(connection) != step.after:
            return False
        with Operations.context(MigrationContext.configure(connection)):
            step.upgrade()
        write_version(connection, step.version)
        _check_references(connection, step)
        point("in_migration")
    point("after_migration")
    return True


def _number(connection: Connection) -> int:
    found = read_version(connection) if inspect(connection).has_table(META.name) else None
    return 0 if found is None else found.number


def _references_off(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")


def _check_references(connection: Connection, step: Step) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise StoreError(
            f"Step {step.version.number} would leave rows of {tables} that refer to nothing: it was not made, "
            "the store is as it was."
        )
