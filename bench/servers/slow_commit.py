"""`pesagate` on a slow disk: every SQLite commit of this process and its children takes some milliseconds longer.

Usage: slow_commit.py MILLISECONDS serve -c CONFIG. Only the driver's connection class is replaced, before the product
is imported; the product itself knows nothing of it.
"""

import sqlite3
import sqlite3.dbapi2
import sys
import time
from typing import Any

DELAY_S = int(sys.argv.pop(1)) / 1000


def _wait(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        time.sleep(DELAY_S)


def _is_commit(sql: str) -> bool:
    return sql.lstrip()[:6].upper() == "COMMIT"


class SlowCursor(sqlite3.Cursor):
    """A cursor whose COMMIT waits first."""

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        if _is_commit(sql):
            _wait(self.connection)
        return super().execute(sql, *args)


class SlowConnection(sqlite3.Connection):
    """A connection whose commits wait first, whichever way they are asked for."""

    def cursor(self, factory: Any = SlowCursor) -> Any:
        return super().cursor(factory)

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        if _is_commit(sql):
            _wait(self)
        return super().execute(sql, *args)

    def commit(self) -> None:
        _wait(self)
        super().commit()


_connect = sqlite3.connect


def connect(*args: Any, **options: Any) -> sqlite3.Connection:
    """Open a slow connection."""
    options.setdefault("factory", SlowConnection)
    return _connect(*args, **options)


sqlite3.connect = sqlite3.dbapi2.connect = connect  # type: ignore[assignment]

if __name__ == "__main__":
    from gateway.cli import main

    main()
