"""Hearing at once of what other hosts have committed. Should that fail, delivery looks once a second anyway."""

import threading
import time

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from gateway.delivery.wake import Wake
from gateway.store.announce import announced

_LOG = structlog.get_logger("delivery")

_TRY_AGAIN_S = 2.0


def hear(engine: Engine, wake: Wake) -> None:
    """Wake delivery whenever somebody tells, from now to the end of the process."""
    threading.Thread(target=_listen, args=(engine, wake), daemon=True, name="hearing").start()


def _listen(engine: Engine, wake: Wake) -> None:
    faults = (DBAPIError, engine.dialect.loaded_dbapi.Error)
    while True:
        try:
            for _ in announced(engine):
                wake.up()
            return
        except faults as error:
            _LOG.warning("the store tells nothing; looking once a second", error=type(error).__name__)
            time.sleep(_TRY_AGAIN_S)
