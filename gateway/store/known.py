"""Reading what the store knows of a batch: the callbacks and payments that its identities and keys name."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from gateway.domain.outcome import Outcome
from gateway.domain.settled import IdentityKey, KnownCallback, KnownPayment, Stored, StoredKey
from gateway.store.tables import CALLBACKS, PAYMENT_KEYS, PAYMENTS


def read_known(connection: Connection, identities: Iterable[IdentityKey], keys: Iterable[StoredKey]) -> Stored:
    """Return what is stored under these identities and payment keys."""
    stored = Stored(keys=_payment_ids(connection, keys))
    for (tenant, kind), values in _grouped(identities).items():
        for row in _callbacks(connection, tenant, kind, values):
            known = KnownCallback(row["id"], row["facts_digest"], row["body_digest"])
            stored.callbacks.setdefault((tenant, kind, row["identity"]), []).append(known)
    stored.payments.update(_payments(connection, set(stored.keys.values())))
    return stored


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


def _payments(connection: Connection, ids: set[str]) -> dict[str, KnownPayment]:
    if not ids:
        return {}
    told = _told(connection, ids)
    table = PAYMENTS.c
    query = select(table.id, table.outcome, table.amount, table.event_id).where(table.id.in_(ids))
    return {
        row.id: KnownPayment(row.id, Outcome(row.outcome), row.amount, row.event_id, frozenset(told[row.id]))
        for row in connection.execute(query)
    }


def _told(connection: Connection, payment_ids: set[str]) -> dict[str, set[tuple[str, str]]]:
    table = CALLBACKS.c
    # Conflicts are kept beside the payment but are no part of what is believed of it.
    query = select(table.payment_id, table.kind, table.facts_digest).where(
        table.payment_id.in_(payment_ids), table.disposition == "accepted"
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
