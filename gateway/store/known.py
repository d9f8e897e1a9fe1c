"""Reading what the store knows of a batch: the callbacks and payments that its identities and keys name."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, exists, func, not_, or_, select

from gateway.domain.outcome import Outcome
from gateway.domain.received import Arrival
from gateway.domain.settled import (
    DIRECTIONS,
    Disposition,
    KnownCallback,
    KnownPayment,
    KnownResult,
    Stored,
    StoredKey,
    SubjectKey,
    identity_key,
    is_result,
    own_event_ids,
    own_ids,
    payment_keys,
    subject_keys,
)
from gateway.domain.times import from_micros
from gateway.store.eventrow import EVENT_COLUMNS, event_of, select_events
from gateway.store.hot import HotLookup
from gateway.store.tables import CALLBACKS, DELIVERIES, EVENTS, PAYMENT_KEYS, PAYMENTS, RESULT_IDS

_CALLBACKS = HotLookup(
    select(CALLBACKS.c.identity, CALLBACKS.c.facts_digest, CALLBACKS.c.id, CALLBACKS.c.body_digest),
    CALLBACKS.c.identity,
)
_KEYS = HotLookup(
    select(
        *(PAYMENT_KEYS.c[name] for name in ("value", "tenant", "provider", "direction", "name")),
        # A payment that turned out to be another one leads to that one.
        func.coalesce(PAYMENTS.c.joined_to, PAYMENTS.c.seq),
    ).join_from(PAYMENT_KEYS, PAYMENTS, PAYMENTS.c.seq == PAYMENT_KEYS.c.payment_seq),
    PAYMENT_KEYS.c.value,
)
_WAITING = HotLookup(select(RESULT_IDS.c.value).where(RESULT_IDS.c.of_subject), RESULT_IDS.c.value)

_NAMED = frozenset({"receipt", "originator", "conversation"})
"""Ids by which a result may name the payment that it is about."""

# Without a window an event may be on its way as soon as it is committed; a clock that goes back must not reopen it.
_SEALED = or_(EVENTS.c.sealed, EVENTS.c.sealed_at.is_(None))


def read_known(connection: Connection, arrivals: Sequence[Arrival], now: datetime) -> Stored:
    """Return what is stored of these arrivals: their callbacks, and the payments of those that are not stored yet."""
    stored = Stored(now)
    for identity, digest, number, fingerprint in _CALLBACKS(connection, [one.facts.identity for one in arrivals]):
        stored.callbacks[identity, bytes(digest)] = KnownCallback(number, bytes(fingerprint))
    # A repetition needs no more than its own row, and there may be a storm of them.
    news = [one for one in arrivals if identity_key(one) not in stored.callbacks]
    results = [one for one in news if is_result(one)]
    wanted = {key for one in news if not is_result(one) for key in payment_keys(one)}
    wanted.update(key for one in results for direction in DIRECTIONS for key in subject_keys(one, direction))
    # The answer to a status query may tell the very id under which others wait.
    _read_waiting(connection, stored, wanted)
    found, said = _payment_of(connection, wanted), _said(connection, results)
    _read_payments(connection, stored, found, said)
    return stored


def members(connection: Connection, payments: Iterable[int]) -> dict[int, int]:
    """Return payments by the payments that turned out to be them; each by itself too."""
    wanted = set(payments)
    table = PAYMENTS.c
    query = select(table.seq, table.joined_to).where(or_(table.seq.in_(wanted), table.joined_to.in_(wanted)))
    return {seq: seq if joined_to is None else joined_to for seq, joined_to in connection.execute(query)}


def _payment_of(connection: Connection, wanted: set[StoredKey]) -> dict[StoredKey, int]:
    found = _KEYS(connection, list({key[0] for key in wanted}))
    return {key: seq for *parts, seq in found if (key := tuple(parts)) in wanted}


def _said(connection: Connection, results: Sequence[Arrival]) -> list[tuple[KnownResult, int | None]]:
    """Return what earlier callbacks told of these results, each with the number of the payment that it is about."""
    if not results:
        return []
    ids = frozenset[str]().union(*map(own_event_ids, results))
    values = {value for one in results for _, value in own_ids(one)}
    query = (
        select_events(EVENTS.c.payment_seq)
        .join(RESULT_IDS, RESULT_IDS.c.event_seq == EVENTS.c.seq)
        .where(RESULT_IDS.c.value.in_(values), not_(RESULT_IDS.c.of_subject))
    )
    found = [(event_of(row), row) for row in connection.execute(query)]
    return [
        (KnownResult(row.event_callback_id, event, None), row.payment_seq) for event, row in found if event.id in ids
    ]


def _read_waiting(connection: Connection, stored: Stored, keys: set[StoredKey]) -> None:
    """Read the results that wait for a payment of these keys. There are few: most batches find none."""
    wanted = {(value, tenant, provider, name) for value, tenant, provider, _, name in keys if name in _NAMED}
    values = {row[0] for row in _WAITING(connection, list({key[0] for key in wanted}))}
    if not values:
        return
    ids = RESULT_IDS.c
    query = (
        select(*EVENT_COLUMNS, EVENTS.c.seq, ids.value, ids.tenant, ids.provider, ids.name, ids.callback_id)
        .select_from(RESULT_IDS)
        .join(CALLBACKS, CALLBACKS.c.id == ids.callback_id)
        .outerjoin(EVENTS, EVENTS.c.seq == ids.event_seq)
        .outerjoin(PAYMENTS, PAYMENTS.c.seq == EVENTS.c.payment_seq)
        .where(ids.value.in_(values), ids.of_subject, CALLBACKS.c.payment_seq.is_(None))
        .order_by(ids.callback_id)
    )
    for row in connection.execute(query):
        key: SubjectKey = (row.value, row.tenant, row.provider, row.name)
        event = None if row.seq is None else event_of(row)
        if event is not None:
            stored.numbers[event.id] = row.seq
        if key in wanted:
            stored.waiting.setdefault(key, []).append(KnownResult(row.callback_id, event, None))


def _read_payments(
    connection: Connection,
    stored: Stored,
    found: dict[StoredKey, int],
    said: Sequence[tuple[KnownResult, int | None]],
) -> None:
    about = {seq for _, seq in said if seq is not None}
    if not found and not said:
        return
    belongs_to = members(connection, about.union(found.values()))
    told, made = _told(connection, belongs_to), _event_ids(connection, belongs_to)
    waits = exists().where(DELIVERIES.c.event_seq == EVENTS.c.seq)
    query = (
        select_events(
            EVENTS.c.seq, EVENTS.c.created_at, EVENTS.c.sealed_at, _SEALED.label("sealed"),
            waits.label("has_deliveries"),
        )
        .add_columns(_OF_PAYMENT.c.seq.label("payment_seq"), _OF_PAYMENT.c.id, *_STATE)
        .join(_OF_PAYMENT, _OF_PAYMENT.c.event_seq == EVENTS.c.seq)
        .where(_OF_PAYMENT.c.seq.in_(set(belongs_to.values())))
    )  # fmt: skip
    ids: dict[int, str] = {}
    for row in connection.execute(query):
        ids[row.payment_seq] = row.id
        event = event_of(row)
        stored.numbers[row.id], stored.numbers[event.id] = row.payment_seq, row.seq
        stored.payments[row.id] = KnownPayment(
            id=row.id,
            outcome=Outcome(row.outcome),
            amount=row.amount,
            event=event,
            event_ids=frozenset(made[row.payment_seq]),
            told=frozenset(told[row.payment_seq]),
            sealed_at=from_micros(row.created_at if row.sealed_at is None else row.sealed_at),
            sealed=row.sealed,
            has_deliveries=row.has_deliveries,
        )
    stored.keys.update({key: ids[seq] for key, seq in found.items()})
    for result, seq in said:
        assert result.event is not None  # noqa: S101 - it is by its event that it was found
        stored.said[result.event.id] = replace(result, payment_id=None if seq is None else ids[belongs_to[seq]])


# The payment that an event stands for now; the one that it was made for may have been joined to it.
_OF_PAYMENT = PAYMENTS.alias("of_payment")
_STATE = (_OF_PAYMENT.c.outcome, _OF_PAYMENT.c.amount)


def _event_ids(connection: Connection, belongs_to: dict[int, int]) -> dict[int, set[str]]:
    query = select(EVENTS.c.payment_seq, EVENTS.c.id).where(EVENTS.c.payment_seq.in_(belongs_to))
    made: dict[int, set[str]] = defaultdict(set)
    for payment, event_id in connection.execute(query):
        made[belongs_to[payment]].add(event_id)
    return made


def _told(connection: Connection, belongs_to: dict[int, int]) -> dict[int, set[tuple[str, bytes]]]:
    table = CALLBACKS.c
    # Conflicts are kept beside the payment but are no part of what is believed of it.
    query = select(table.payment_seq, table.kind, table.facts_digest).where(
        table.payment_seq.in_(belongs_to), table.disposition != Disposition.CONFLICT.value
    )
    told: dict[int, set[tuple[str, bytes]]] = defaultdict(set)
    for payment, kind, digest in connection.execute(query):
        told[belongs_to[payment]].add((kind, digest))
    return told
