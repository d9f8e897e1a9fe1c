"""What attempts and steps make of deliveries. What is due stands in claims.py."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.domain.delivery import AttemptResult, DeliveryState
from gateway.domain.due import (
    AttemptEnded,
    DeliveryWrite,
    LaneTold,
    OrderKeys,
    Seal,
    StateSwap,
    StepBegun,
    StepSaved,
    Written,
)
from gateway.domain.event import Event, Raw
from gateway.domain.export import CloseLines, FileWritten
from gateway.domain.times import to_micros
from gateway.store.adapter_state import write_swap
from gateway.store.eventrow import event_of, select_events
from gateway.store.export_ledger import book_line, close_lines, mark_written
from gateway.store.lanes import write_lane
from gateway.store.tables import ATTEMPTS, CALLBACKS, DELIVERIES, EVENTS


def write_deliveries(connection: Connection, batch: Sequence[DeliveryWrite]) -> list[Written]:
    """Write what attempts and steps made of deliveries, in order.

    The outcome of a Seal is the event it sealed, that of a StateSwap whether it took place.
    """
    return [_WRITES[type(item)](connection, item) for item in batch]


def _raw(row: Any) -> Raw | None:
    return None if row.raw is None else Raw(row.raw, row.content_type)


def _write_attempt(connection: Connection, ended: AttemptEnded) -> None:
    verdict = ended.verdict
    connection.execute(
        insert(ATTEMPTS).values(
            delivery_id=ended.delivery_id,
            number=ended.number,
            started_at=to_micros(ended.started_at),
            duration_ms=ended.duration_ms,
            result=verdict.result.value,
            reason=verdict.reason,
            detail=verdict.detail,
            status=verdict.status,
            answer=verdict.answer,
            steps=json.dumps([asdict(step) for step in verdict.steps]) if verdict.steps else None,
        )
    )
    change: dict[str, Any] = {
        "state": ended.next.state.value,
        "attempts": ended.number,
        "due_at": to_micros(ended.next.due_at),
        "reason": ended.next.reason,
        "detail": ended.next.detail,
        "updated_at": to_micros(ended.started_at),
    }
    if ended.next.state is not DeliveryState.PENDING:
        # It keeps nobody waiting any more, and nothing that was made of the payer stays.
        change["order_key"] = None
    # An unknown end leaves its step open, so that no later attempt sends it blindly.
    if verdict.result is not AttemptResult.UNKNOWN:
        change["open_step"] = None
    connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == ended.delivery_id).values(change))
    book_line(connection, ended)


def _write_begin(connection: Connection, begun: StepBegun) -> None:
    connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == begun.delivery_id).values(open_step=begun.step))


def _write_saved(connection: Connection, saved: StepSaved) -> None:
    values = {"open_step": None, "saved": json.dumps(dict(saved.saved))}
    connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == saved.delivery_id).values(values))


def _write_seal(connection: Connection, seal: Seal) -> Event | None:
    its_event = select(DELIVERIES.c.event_seq).where(DELIVERIES.c.id == seal.delivery_id).scalar_subquery()
    connection.execute(update(EVENTS).where(EVENTS.c.seq == its_event).values(sealed=True))
    query = select_events(CALLBACKS.c.body.label("raw"), CALLBACKS.c.content_type)
    query = query.join(CALLBACKS, CALLBACKS.c.id == EVENTS.c.callback_id).where(EVENTS.c.seq == its_event)
    row = connection.execute(query).first()
    return None if row is None else event_of(row, _raw(row))


def _write_keys(connection: Connection, given: OrderKeys) -> None:
    rows = [{"delivery": number, "key": key} for number, key in given.keys.items()]
    mine = update(DELIVERIES).where(DELIVERIES.c.id == bindparam("delivery"))
    connection.execute(mine.values(order_key=bindparam("key")), rows)


_WRITES: dict[type, Callable[[Connection, Any], Written]] = {
    Seal: _write_seal,
    AttemptEnded: _write_attempt,
    StepBegun: _write_begin,
    StepSaved: _write_saved,
    CloseLines: close_lines,
    FileWritten: mark_written,
    StateSwap: write_swap,
    LaneTold: write_lane,
    OrderKeys: _write_keys,
}
