"""What delivery takes up of one destination, as its loop does."""

from datetime import datetime

from sqlalchemy import Connection

from gateway.domain.due import DueDelivery
from gateway.store.claims import Asked, due, load


def taken_up(
    connection: Connection, tenant: str, destination: str, now: datetime, limit: int, *, ordered: bool = False
) -> list[DueDelivery]:
    """Return up to `limit` deliveries that are due, the longest due first, with their events."""
    return load(connection, [each.id for each in due(connection, [Asked(tenant, destination, ordered)], now, limit)])
