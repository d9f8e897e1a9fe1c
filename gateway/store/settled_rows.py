"""The rows of settled arrivals: callbacks, copies, payments, keys, events, deliveries. The hot part of every commit."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, literal_column, not_, or_, update

from gateway.domain.delivery import DeliveryState, WaitingFor
from gateway.domain.settled import Disposition, Issue, KnownResult, Settled, Stored, is_result, own_ids
from gateway.domain.times import to_micros
from gateway.store.announce import announce
from gateway.store.callbackrow import HEAD, TAIL, callback_row
from gateway.store.columns import packed
from gateway.store.eventrow import event_body
from gateway.store.hot import HotStatement, Row, next_events
from gateway.store.hot_insert import HotInsert
from gateway.store.tables import CALLBACK_COPIES, CALLBACKS, DELIVERIES, EVENTS, PAYMENT_KEYS, PAYMENTS, RESULT_IDS


def _keep_first(insert: Any) -> Any:
    return insert.on_conflict_do_nothing()


_INSERT_PAYMENT = HotInsert(PAYMENTS, "seq", "id", "tenant", "shortcode", "outcome", "amount", "event_seq")
_CHANGE_PAYMENT = HotStatement(
    update(PAYMENTS)
    .where(PAYMENTS.c.seq == bindparam("payment"))
    .values(
        outcome=bindparam("new_outcome"),
        amount=bindparam("new_amount"),
        event_seq=bindparam("new_event"),
    ),
    "payment", "new_outcome", "new_amount", "new_event",
)  # fmt: skip
# A key that is known already keeps its payment.
_INSERT_KEY = HotInsert(
    PAYMENT_KEYS,
    "value", "tenant", "provider", "direction", "name", "payment_seq", "apart",
    conflict=_keep_first,
)  # fmt: skip
_INSERT_CALLBACK = HotInsert(CALLBACKS, *HEAD, "identity", "facts_digest", "payment_seq", "disposition", "note", *TAIL)
_COUNT_AGAIN = HotStatement(
    update(CALLBACKS)
    .where(CALLBACKS.c.id == bindparam("callback"))
    .values(seen=CALLBACKS.c.seen + literal_column("1"), last_seen_at=bindparam("seen_at")),
    "callback", "seen_at",
)  # fmt: skip
_INSERT_COPY = HotInsert(CALLBACK_COPIES, "callback_id", "body_digest", "body", "received_at", conflict=_keep_first)
_INSERT_EVENT = HotInsert(
    EVENTS,
    "seq", "id", "tenant", "shortcode", "type", "payment_seq", "callback_id", "body", "received_at", "created_at",
    "sealed_at",
)  # fmt: skip
_INSERT_RESULT_ID = HotInsert(
    RESULT_IDS, "value", "name", "tenant", "provider", "of_subject", "callback_id", "event_seq"
)
_INSERT_DELIVERY = HotInsert(
    DELIVERIES, "event_seq", "tenant", "destination", "state", "waiting_for", "due_at", "updated_at"
)


def write_settled(connection: Connection, settled: Sequence[Settled], stored: Stored) -> None:
    """Write all rows of a batch that was settled against `stored`."""
    now, numbers = to_micros(stored.now), stored.numbers
    told = [one for one in settled if one.repeats is None]
    issued = [(one, issue) for one in told for issue in (one.issue, one.further) if issue is not None]
    fresh = [(one, issue) for one, issue in issued if not issue.replaces]
    for seq, (one, issue) in zip(next_events(connection, len(fresh)), fresh, strict=True):
        numbers[issue.event.id] = seq
        if one.new_payment and issue is one.issue and one.payment is not None:
            numbers[one.payment.id] = seq
    _write_payments(connection, told, numbers)
    _INSERT_CALLBACK(connection, [_callback_row(one, numbers) for one in told])
    _write_repetitions(connection, [one for one in settled if one.repeats is not None])
    _INSERT_EVENT(connection, [_event_row(one, issue, numbers, now) for one, issue in fresh])
    _INSERT_DELIVERY(connection, [row for _, issue in fresh for row in _delivery_rows(issue, numbers, now)])
    if any(issue.destinations for _, issue in fresh):
        announce(connection)
    results = [one for one in told if is_result(one.arrival)]
    _INSERT_RESULT_ID(connection, [row for one in results for row in _result_id_rows(one, numbers)])
    for one in told:
        if one.issue is not None and one.issue.replaces:
            _replace_event(connection, one, one.issue, numbers, now)
        if one.joined and one.payment is not None:
            _join(connection, [numbers[each] for each in one.joined], numbers[one.payment.id])
        if one.adopted and one.payment is not None:
            _adopt(connection, one.adopted, numbers, numbers[one.payment.id])


def _write_payments(connection: Connection, told: Sequence[Settled], numbers: Mapping[str, int]) -> None:
    new: list[Row] = []
    changed: list[Row] = []
    keys: list[Row] = []
    for one in told:
        payment = one.payment
        if payment is None:
            continue
        seq = numbers[payment.id]
        state = (payment.outcome.value, payment.amount, numbers[payment.event.id])
        if one.new_payment:
            new.append((seq, packed(payment.id), one.arrival.event.tenant, one.arrival.event.shortcode, *state))
        elif one.disposition is Disposition.ACCEPTED or one.joined or one.further:
            changed.append((seq, *state))
        keys += [(*key, seq, not _is_told(one, key[0])) for key in one.keys]
    _INSERT_PAYMENT(connection, new)
    _CHANGE_PAYMENT(connection, changed)
    _INSERT_KEY(connection, keys)


def _is_told(one: Settled, value: str) -> bool:
    """Tell whether the payment's first event, or its callback's identity, names this value of a key for ever.

    Of the event's ids it is the receipt that does: a twin may put its own in place of the others.
    """
    return one.new_payment and value in (one.arrival.event.receipt, one.arrival.facts.identity)


def _callback_row(one: Settled, numbers: Mapping[str, int]) -> Row:
    arrival = one.arrival
    seq = numbers[one.payment.id] if one.payment else None
    own = (arrival.facts.identity, arrival.facts_digest, seq, one.disposition.value, one.note)
    return callback_row(arrival.callback, own)


def _write_repetitions(connection: Connection, repetitions: Sequence[Settled]) -> None:
    seen = [(one.repeats, to_micros(one.arrival.callback.received_at)) for one in repetitions]
    _COUNT_AGAIN(connection, seen)
    copies = [
        (one.repeats, one.arrival.callback.fingerprint, one.arrival.callback.body, at)
        for one, (_, at) in zip(repetitions, seen, strict=True)
        if one.other_bytes
    ]
    _INSERT_COPY(connection, copies)


def _replace_event(connection: Connection, one: Settled, issue: Issue, numbers: Mapping[str, int], now: int) -> None:
    """Put what a twin completed in place of what was there. None of its deliveries has been attempted."""
    seq = numbers[issue.event.id]
    body = event_body(issue.event, one.arrival.callback.id)
    connection.execute(update(EVENTS).where(EVENTS.c.seq == seq, not_(EVENTS.c.sealed)).values(body=body))
    connection.execute(delete(DELIVERIES).where(DELIVERIES.c.event_seq == seq))
    _INSERT_DELIVERY(connection, _delivery_rows(issue, numbers, now))


def _join(connection: Connection, joined: Sequence[int], payment: int) -> None:
    """Let payments be part of another one: their keys, callbacks and events lead there from now on."""
    table = PAYMENTS.c
    them = or_(table.seq.in_(joined), table.joined_to.in_(joined))
    connection.execute(update(PAYMENTS).where(them).values(joined_to=payment))


def _adopt(connection: Connection, results: Sequence[KnownResult], numbers: Mapping[str, int], payment: int) -> None:
    """Let results that had waited for a payment stand with it."""
    callbacks = [one.callback_id for one in results]
    connection.execute(update(CALLBACKS).where(CALLBACKS.c.id.in_(callbacks)).values(payment_seq=payment))
    events = [numbers[one.event.id] for one in results if one.event is not None]
    connection.execute(update(EVENTS).where(EVENTS.c.seq.in_(events)).values(payment_seq=payment))


def _result_id_rows(one: Settled, numbers: Mapping[str, int]) -> set[Row]:
    """Return the ids of a result and those of the payment that it is about: people search by either."""
    facts, event = one.arrival.facts, one.arrival.event
    receipt = [("receipt", facts.receipt)] if facts.receipt else []
    made = None if one.issue is None or one.issue.event.id != event.id else numbers[event.id]
    return {
        (value, name, event.tenant, event.provider, of_subject, one.arrival.callback.id, made)
        for of_subject, ids in ((False, (*receipt, *own_ids(one.arrival))), (True, facts.subject))
        for name, value in ids
    }


def _event_row(one: Settled, issue: Issue, numbers: Mapping[str, int], now: int) -> Row:
    event, callback_id = issue.event, issue.callback_id or one.arrival.callback.id
    seq, payment = numbers[event.id], None if event.payment_id is None else numbers[event.payment_id]
    due_at = to_micros(issue.due_at)
    who = (seq, packed(event.id), event.tenant, event.shortcode, event.type, payment, callback_id)
    told = (event_body(event, callback_id), to_micros(event.received_at))
    return (*who, *told, now, due_at if due_at > now else None)


def _delivery_rows(issue: Issue, numbers: Mapping[str, int], now: int) -> list[Row]:
    event, due_at = issue.event, to_micros(issue.due_at)
    waits = WaitingFor.REVIEW.value if issue.review else None
    return [
        (numbers[event.id], event.tenant, name, DeliveryState.PENDING.value, waits, due_at, now)
        for name in issue.destinations
    ]
