"""What a gateway holds and what its receivers got, read once when all is quiet. The checker sees nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from adapters.testing import Received
from gateway.domain.settings import Secret
from gateway.store.engine import open_engine
from gateway.store.queries import events as every_event
from gateway.store.queries import reading


@dataclass(frozen=True, slots=True)
class StoredBody:
    """Bytes in the store: of a callback, of a copy of one, or in quarantine."""

    table: str
    tenant: str
    shortcode: str
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Counted:
    """How often the bytes of one kind on one shortcode were seen, by the store's own count."""

    tenant: str
    shortcode: str
    kind: str
    seen: int


@dataclass(frozen=True, slots=True)
class Key:
    """An id that names a payment."""

    tenant: str
    value: str
    payment_id: int
    # Of the payment it leads to.
    payment_tenant: str


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event."""

    id: str
    tenant: str
    type: str
    payment_id: int
    body: dict[str, Any]

    @property
    def names(self) -> frozenset[str]:
        """Ids of the payment that it speaks of."""
        return frozenset(filter(None, (self.body["receipt"], self.body["ids"]["checkout_request_id"])))


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery."""

    event_id: str
    tenant: str
    destination: str
    state: str
    # It waits for nothing but the time: an attempt will be made.
    due: bool = False


@dataclass(frozen=True, slots=True)
class Booking:
    """One request as a receiver got it."""

    tenant: str
    destination: str
    webhook_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it."""

    bodies: tuple[StoredBody, ...] = ()
    counted: tuple[Counted, ...] = ()
    keys: tuple[Key, ...] = ()
    events: tuple[StoredEvent, ...] = ()
    deliveries: tuple[StoredDelivery, ...] = ()
    bookings: tuple[Booking, ...] = ()


_BODIES = """
    SELECT 'callbacks', tenant, shortcode, kind, body FROM callbacks
    UNION ALL SELECT 'copies', tenant, shortcode, kind, copy.body
        FROM callback_copies copy JOIN callbacks ON callbacks.id = callback_id
    UNION ALL SELECT 'quarantine', tenant, shortcode, kind, body FROM quarantine
"""
_COUNTED = """
    SELECT tenant, shortcode, kind, sum(seen) FROM (
        SELECT tenant, shortcode, kind, seen FROM callbacks
        UNION ALL SELECT tenant, shortcode, kind, seen FROM quarantine
    ) AS counted GROUP BY 1, 2, 3
"""
_KEYS = """
    SELECT keys.tenant, keys.value, coalesce(payments.joined_to, payments.seq), payments.tenant
    FROM payment_keys keys JOIN payments ON payments.seq = payment_seq
"""
_DELIVERIES = """
    SELECT events.id, deliveries.tenant, destination, state, waiting_for IS NULL
    FROM deliveries LEFT JOIN events ON events.seq = event_seq
"""
_EVENTS = """
    SELECT events.id, events.tenant, type, coalesce(payments.joined_to, payments.seq)
    FROM events LEFT JOIN payments ON payments.seq = payment_seq ORDER BY events.seq
"""


def read(store: Secret, requests: Iterable[Received]) -> Evidence:
    """Read the store of a gateway that has stopped, and what its receivers got at /<tenant>/<destination>."""
    with reading(open_engine(store)) as connection:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

        if connection.dialect.name == "sqlite":
            assert rows("PRAGMA integrity_check") == [("ok",)]
            assert rows("PRAGMA foreign_key_check") == []
        bodies = {event.id: event.as_dict() for event in every_event(connection)}
        return Evidence(
            bodies=tuple(StoredBody(*row) for row in rows(_BODIES)),
            counted=tuple(Counted(*row) for row in rows(_COUNTED)),
            keys=tuple(Key(*row) for row in rows(_KEYS)),
            events=tuple(StoredEvent(_id(row[0]), *row[1:], bodies[_id(row[0])]) for row in rows(_EVENTS)),
            deliveries=tuple(StoredDelivery(_id(key), *row, bool(due)) for key, *row, due in rows(_DELIVERIES)),
            bookings=tuple(_booking(request) for request in requests if _is_whole(request)),
        )


def open_deliveries(store: Secret) -> int:
    """Return how many deliveries will still be tried."""
    with reading(open_engine(store)) as connection:
        query = "SELECT count(*) FROM deliveries WHERE state = 'pending' AND waiting_for IS NULL"
        count: int = connection.exec_driver_sql(query).scalar_one()
        return count


def _id(key: bytes | None) -> str:
    return "" if key is None else str(UUID(bytes=key))


def _is_whole(request: Received) -> bool:
    # A sender that dies in the middle of a request leaves a part, which no receiver books.
    return len(request.body) == int(request.headers["content-length"])


def _booking(request: Received) -> Booking:
    _, tenant, destination = request.path.split("/")
    return Booking(tenant, destination, request.headers["webhook-id"], request.body)
