"""An event in a store without the callback that told of it: what a test of the export ledger starts from."""

from datetime import datetime

from sqlalchemy import Connection, insert

from gateway.domain.event import Event
from gateway.domain.ids import derived_id
from gateway.domain.times import to_micros
from gateway.store.eventrow import event_body
from gateway.store.tables import CALLBACKS, DELIVERIES, EVENTS, PAYMENTS


def store_event(connection: Connection, event: Event, number: int, now: datetime) -> None:
    """Put an event, with its payment, its callback and a delivery to `books`, into a store; each has this number."""
    micros = to_micros(now)
    names = {"tenant": "duka", "shortcode": "600638"}
    payment = {**names, "seq": number, "id": derived_id("payment", str(number)), "outcome": 2, "event_seq": number}
    connection.execute(insert(PAYMENTS).values(payment))
    connection.execute(
        insert(CALLBACKS).values(
            **names, id=number, kind="stk", identity=event.id, facts_digest=b"", payment_seq=number,
            disposition="accepted", body_digest="", content_type="", source="", received_at=micros,
        )
    )  # fmt: skip
    connection.execute(
        insert(EVENTS).values(
            **names, seq=number, id=event.id, type=event.type, payment_seq=number, callback_id=number,
            body=event_body(event, number), received_at=micros, created_at=micros, sealed_at=micros,
        )
    )  # fmt: skip
    connection.execute(
        insert(DELIVERIES).values(
            id=number, event_seq=number, tenant="duka", destination="books", state="pending", due_at=micros,
            updated_at=micros,
        )
    )  # fmt: skip
