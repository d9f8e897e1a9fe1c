"""Reading what the store knows of a batch: the callbacks and payments that its identities and keys name."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, exists, or_, select

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
    payment_keys,
    subject_keys,
)
from gateway.domain.times import from_micros
from gateway.store.eventrow import event_of
from gateway.store.tables import CALLBACKS, DELIVERIES, EVENTS, PAYMENT_KEYS, PAYMENTS, RESULT_IDS

_NAMED = frozenset({"receipt", "originator", "conversation"})
"""Ids by which a result may name the payment that it is about."""

# Without a window an event may be on its way as soon as it is committed; a clock that goes back must not reopen it.
_SEALED = or_(EVENTS.c.sealed, EVENTS.c.sealed_at <= EVENTS.c.created_at)


def read_known(connection: Connection, arrivals: Sequence[Arrival], now: datetime) -> Stored:
    """Return what is stored of these arrivals: their callbacks, and the payments of those that are not stored yet."""
    stored = Stored(now)
    for (tenant, kind), values in _grouped(map(identity_key, arrivals)).items():
        for row in _callbacks(connection, tenant, kind, values):
            known = KnownCallback(row["id"], row["facts_digest"], row["body_digest"])
            stored.callbacks.setdefault((tenant, kind, row["identity"]), []).append(known)
    # A repetition needs no more than its own row, and there may be a storm of them.
    news = [arrival for arrival in arrivals if not _is_stored(stored, arrival)]
    results = [arrival for arrival in news if is_result(arrival)]
    keys = [key for arrival in news if not is_result(arrival) for key in payment_keys(arrival)]
    stored.waiting.update(_waiting(connection, keys))
    keys += [key for one in results for direction in DIRECTIONS for key in subject_keys(one, direction)]
    stored.keys.update(_payment_ids(connection, keys))
    stored.said.update(_said(connection, results))
    about = {said.payment_id for said in stored.said.values() if said.payment_id is not None}
    stored.payments.update(_payments(connection, about.union(stored.keys.values())))
    return stored


def _is_stored(stored: Stored, arrival: Arrival) -> bool:
    digest = arrival.facts_digest
    return any(known.facts_digest == digest for known in stored.callbacks.get(identity_key(arrival), ()))


def _callbacks(connection: Connection, tenant: str, kind: str, identities: list[str]) -> Iterable[RowMapping]:
    table = CALLBACKS.c
    query = (
        select(table.id, table.identity, table.facts_digest, table.body_digest)
        .where(table.tenant == tenant, table.kind == kind, table.identity.in_(identities))
        .order_by(table.id)
    )
    return connection.execute(query).mappings()


def _payment_ids(connection: Connection, keys: Iterable[StoredKey]) -> dict[StoredKey, str]:
    table = PAYMENT_KEYS.c
    found: dict[StoredKey, str] = {}
    for group, values in _grouped(keys).items():
        columns = zip((table.tenant, table.provider, table.direction, table.name), group, strict=True)
        query = select(table.value, table.payment_id).where(
            *(column == value for column, value in columns), table.value.in_(values)
        )
        found.update({(*group, value): payment_id for value, payment_id in connection.execute(query)})
    return found


def _said(connection: Connection, results: Sequence[Arrival]) -> dict[str, KnownResult]:
    ids = frozenset[str]().union(*map(own_event_ids, results))
    if not ids:
        return {}
    query = select(EVENTS.c.id, EVENTS.c.callback_id, EVENTS.c.body, EVENTS.c.payment_id).where(EVENTS.c.id.in_(ids))
    return {
        row.id: KnownResult(row.callback_id, event_of(row.body), row.payment_id) for row in connection.execute(query)
    }


def _waiting(connection: Connection, keys: Iterable[StoredKey]) -> dict[SubjectKey, list[KnownResult]]:
    """Return the results that wait for a payment of these keys. There are few: one look-up for the whole batch."""
    wanted = {(tenant, provider, name, value) for tenant, provider, _, name, value in keys if name in _NAMED}
    if not wanted:
        return {}
    ids = RESULT_IDS.c
    query = (
        select(ids.tenant, ids.provider, ids.name, ids.value, ids.callback_id, EVENTS.c.body)
        .join(CALLBACKS, CALLBACKS.c.id == ids.callback_id)
        .outerjoin(EVENTS, EVENTS.c.id == ids.event_id)
        .where(ids.value.in_({key[3] for key in wanted}), ids.of_subject, CALLBACKS.c.payment_id.is_(None))
        .order_by(ids.callback_id)
    )
    found: dict[SubjectKey, list[KnownResult]] = defaultdict(list)
    for *key, callback_id, body in connection.execute(query):
        event = None if body is None else event_of(body)
        found[tuple(key)].append(KnownResult(callback_id, event, None))
    return {key: waiting for key, waiting in found.items() if key in wanted}


def _payments(connection: Connection, ids: set[str]) -> dict[str, KnownPayment]:
    if not ids:
        return {}
    told = _told(connection, ids)
    made = _event_ids(connection, ids)
    waits = exists().where(DELIVERIES.c.event_id == PAYMENTS.c.event_id)
    query = (
        select(PAYMENTS, EVENTS.c.body, EVENTS.c.sealed_at, _SEALED.label("sealed"), waits.label("has_deliveries"))
        .join(EVENTS, EVENTS.c.id == PAYMENTS.c.event_id)
        .where(PAYMENTS.c.id.in_(ids))
    )
    return {
        row.id: KnownPayment(
            id=row.id,
            outcome=Outcome(row.outcome),
            amount=row.amount,
            event=event_of(row.body),
            event_ids=frozenset(made[row.id]),
            told=frozenset(told[row.id]),
            sealed_at=from_micros(row.sealed_at),
            sealed=row.sealed,
            has_deliveries=row.has_deliveries,
        )
        for row in connection.execute(query)
    }


def _event_ids(connection: Connection, payment_ids: set[str]) -> dict[str, set[str]]:
    query = select(EVENTS.c.payment_id, EVENTS.c.id).where(EVENTS.c.payment_id.in_(payment_ids))
    made: dict[str, set[str]] = defaultdict(set)
    for payment_id, event_id in connection.execute(query):
        made[payment_id].add(event_id)
    return made


def _told(connection: Connection, payment_ids: set[str]) -> dict[str, set[tuple[str, str]]]:
    table = CALLBACKS.c
    # Conflicts are kept beside the payment but are no part of what is believed of it.
    query = select(table.payment_id, table.kind, table.facts_digest).where(
        table.payment_id.in_(payment_ids), table.disposition != Disposition.CONFLICT.value
    )
    told: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in connection.execute(query):
        told[row.payment_id].add((row.kind, row.facts_digest))
    return told


def _grouped(keys: Iterable[tuple[str, ...]]) -> dict[Any, list[str]]:
    """Return the last part of each key by the parts before it, so that a group is one look-up in an index."""
    groups: dict[Any, list[str]] = defaultdict(list)
    for *group, value in keys:
        groups[tuple(group)].append(value)
    return groups
