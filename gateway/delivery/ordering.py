"""Whose deliveries go one after the other: the key of each is worked out here and written into the store.

Intake knows nothing of it, so that who has no order pays nothing; and a changed setting holds for what waits already.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from gateway.domain.due import OrderKeys
from gateway.domain.event import Event
from gateway.domain.lane import Order
from gateway.store.claims import pending_events

_AT_ONCE = 500
_LOOKS_FROM_HERE = 60
"""So many looks begin behind the last delivery that was seen; then one looks at all, for what was committed late."""


def order_key(event: Event, order: Order) -> str:
    """Return a digest of whom an event belongs to, empty where it belongs to nobody in particular."""
    whose = _OWNERS[order](event)
    return "" if whose is None else hashlib.sha256(f"{order.value}:{whose}".encode()).hexdigest()[:32]


def _payer(event: Event) -> str | None:
    return event.payer.msisdn or event.payer.msisdn_masked or event.payer.msisdn_hash


_OWNERS: Mapping[Order, Callable[[Event], str | None]] = {
    Order.NONE: lambda _: None,
    Order.ACCOUNT: lambda event: event.account_reference,
    Order.PAYER: _payer,
}


@dataclass
class Ordering:
    """Keeps the keys of deliveries whose destinations have an order."""

    orders: Mapping[tuple[str, str], Order]
    # Writes the keys and returns when they are on disk; raises StoreUnavailable.
    commit: Callable[[OrderKeys], object]
    _after: int = field(default=0, init=False)
    _looks: int = field(default=0, init=False)

    def begin(self, connection: Connection) -> None:
        """Look at all that waits: the setting may have been another one when its key was written."""
        self._look(connection, without_key=False)

    def keep_up(self, connection: Connection) -> None:
        """Give new deliveries their keys. Without one they are not taken up."""
        if self._looks >= _LOOKS_FROM_HERE:
            self._after = self._looks = 0
        self._looks += 1
        self._look(connection, without_key=True)

    def _look(self, connection: Connection, *, without_key: bool) -> None:
        while self.orders:
            with connection.begin():
                found = pending_events(connection, self.orders, self._after, _AT_ONCE, without_key=without_key)
            keys = {
                number: key
                for number, destination, known, event in found
                if (key := order_key(event, self.orders[event.tenant, destination])) != known
            }
            if keys:
                self.commit(OrderKeys(keys))
            self._after = max([self._after, *(number for number, *_ in found)])
            if len(found) < _AT_ONCE:
                return
