"""What the store knows of the gateway that runs on it: which process, by which configuration, what a reload came to.

One row for each host. It outlives the gateway: who reads it has to see whether that process is still there.
"""

import json
import socket
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from gateway.domain.settings import Secret
from gateway.store.engine import open_engine
from gateway.store.tables import META


def read_running(connection: Connection) -> dict[str, Any] | None:
    """Return what this host's gateway has written last, None where none ever ran here."""
    text = connection.scalar(select(META.c.value).where(META.c.key == _key()))
    return None if text is None else dict(json.loads(text))


def write_running(store_url: Secret, told: Mapping[str, Any]) -> None:
    """Write what this host's gateway tells of itself, in the place of what it told before."""
    engine = open_engine(store_url)
    try:
        with engine.begin() as connection:
            connection.execute(delete(META).where(META.c.key == _key()))
            connection.execute(insert(META).values(key=_key(), value=json.dumps(told, ensure_ascii=False)))
    finally:
        engine.dispose()


def _key() -> str:
    return f"running@{socket.gethostname()}"[:64]
