"""What attempts and steps make of deliveries. What is due stands in claims.py."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Integer, bindparam, case, literal_column, null, select, update

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
from gateway.store.hot import HotStatement, Row
from gateway.store.hot_insert import HotInsert
from gateway.store.lanes import write_lane
from gateway.store.tables import ATTEMPTS, CALLBACKS, DELIVERIES, EVENTS


def write_deliveries(connection: Connection, batch: Sequence[DeliveryWrite]) -> list[Written]:
    """Write what attempts and steps made of deliveries, in order.

    The outcome of a Seal is the event it sealed, that of a StateSwap whether it took place.
    """
    written: list[Written] = []
    for is_attempt, items in groupby(batch, lambda item: isinstance(item, AttemptEnded)):
        if is_attempt:
            written += _write_attempts(connection, cast("list[AttemptEnded]", list(items)))
        else:
            written += [_WRITES[type(item)](connection, item) for item in items]
    return written


def _raw(row: Any) -> Raw | None:
    return None if row.raw is None else Raw(row.raw, row.content_type)


_INSERT_ATTEMPT = HotInsert(
    ATTEMPTS,
    "delivery_id", "number", "started_at", "duration_ms", "result", "reason", "detail", "status", "answer", "steps",
    # Known already: it was committed, and the connection broke before that was heard of.
    conflict=lambda insert: insert.on_conflict_do_nothing(),
)  # fmt: skip
_YES: ColumnElement[int] = literal_column("1")
_CHANGE_DELIVERY = HotStatement(
    update(DELIVERIES)
    .where(DELIVERIES.c.id == bindparam("delivery"))
    .values(
        state=bindparam("new_state"),
        attempts=bindparam("number"),
        due_at=bindparam("new_due"),
        reason=bindparam("new_reason"),
        detail=bindparam("new_detail"),
        open_step=case((bindparam("stays_open", type_=Integer) == _YES, DELIVERIES.c.open_step), else_=null()),
        updated_at=bindparam("at"),
        order_key=case((bindparam("waits", type_=Integer) == _YES, DELIVERIES.c.order_key), else_=null()),
    ),
    "new_state", "number", "new_due", "new_reason", "new_detail", "stays_open", "waits", "at", "delivery",
)  # fmt: skip


def _write_attempts(connection: Connection, batch: Sequence[AttemptEnded]) -> list[Written]:
    _INSERT_ATTEMPT(connection, [_attempt_row(ended) for ended in batch])
    _CHANGE_DELIVERY(connection, [_change_row(ended) for ended in batch])
    for ended in batch:
        book_line(connection, ended)
    return [None] * len(batch)


def _attempt_row(ended: AttemptEnded) -> Row:
    verdict = ended.verdict
    steps = json.dumps([asdict(step) for step in verdict.steps]) if verdict.steps else None
    which = (ended.delivery_id, ended.number, to_micros(ended.started_at), ended.duration_ms)
    return (*which, verdict.result.value, verdict.reason, verdict.detail, verdict.status, verdict.answer, steps)


def _change_row(ended: AttemptEnded) -> Row:
    then = ended.next
    # An unknown end leaves its step open, so that no later attempt sends it blindly.
    stays_open = int(ended.verdict.result is AttemptResult.UNKNOWN)
    # What does not wait any more keeps nobody waiting, and nothing that was made of the payer stays.
    waits = int(then.state is DeliveryState.PENDING)
    what = (then.state.value, ended.number, to_micros(then.due_at), then.reason, then.detail)
    return (*what, stays_open, waits, to_micros(ended.started_at), ended.delivery_id)


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
    StepBegun: _write_begin,
    StepSaved: _write_saved,
    CloseLines: close_lines,
    FileWritten: mark_written,
    StateSwap: write_swap,
    LaneTold: write_lane,
    OrderKeys: _write_keys,
}
