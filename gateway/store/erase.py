"""Erasing a person: finding what the store tells of them, and taking it away in portions that hold nobody up.

Each portion is one transaction, so that a crash leaves a payment erased or not. What was named is erased last: as long
as anything is left, the same command finds it again.
"""

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, or_, select, update

from gateway.crash import point
from gateway.domain.delivery import DeliveryState
from gateway.domain.errors import PesagateError
from gateway.domain.person import Person, person_told, unspaced
from gateway.store.export_tables import EXPORT_FILES, EXPORT_LINES
from gateway.store.known import members
from gateway.store.payer_rows import forget, overwriting, parties, put_away_log, tells_in
from gateway.store.tables import DELIVERIES, EVENTS, PAYMENT_KEYS, QUARANTINE, QUESTIONS

CHUNK = 500
"""So many rows, or payments, are one transaction."""
_REST_AT_LEAST_S = 0.01
_WORD = re.compile(r"[\w.-]+")

Subject = tuple[bool, int]
"""A payment (True) with all that was joined to it, by its number; or an event whose payment has not come."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something of the person that is still needed."""

    # event | quarantine
    what: str
    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the store tells of a person."""

    person: Person
    # Those that were named stand last.
    subjects: tuple[Subject, ...] = ()
    questions: tuple[int, ...] = ()
    quarantine: tuple[int, ...] = ()
    kept: tuple[Kept, ...] = ()
    # Ids of events whose masked number and name fit, but may be another's.
    alike: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many payments, events, questions and quarantined callbacks are to be erased."""
        return len(self.subjects) + len(self.questions) + len(self.quarantine)


@dataclass(slots=True)
class _Search:
    """What a walk through the events brings together."""

    person: Person
    subjects: dict[Subject, None] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    masked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


def person_masked(connection: Connection, masked: str, tenant: str | None) -> Person:
    """Return who a masked number stands for. Raises PesagateError where it is told with several names."""
    told = [one for row in _telling(connection, tenant) for one in parties(row.body)]
    names = {one.get("name") or "" for one in told if unspaced(one.get("msisdn_masked") or "") == masked}
    if len(names) > 1:
        raise PesagateError(
            f"That masked number comes with {len(names)} different names, so it may be of as many people: "
            "name a receipt of the one who is meant instead."
        )
    return Person(masked=frozenset((masked, name) for name in names))


def person_of_payments(connection: Connection, payments: Sequence[int], events: Sequence[int]) -> Person:
    """Return who paid, or was paid, by these payments and events."""
    person = Person()
    for body in connection.scalars(select(EVENTS.c.body).where(_of(payments, events))):
        for told in parties(body):
            person |= person_told(told)
    return person


def find(
    connection: Connection,
    person: Person,
    payments: Sequence[int] = (),
    events: Sequence[int] = (),
    tenant: str | None = None,
    given_up: bool = False,
) -> Found:
    """Find what is told of a person, the named payments and events among it, and what of it is still needed.

    With `given_up` dead letters and what is open in quarantine are needed no more.
    """
    search = _Search(person)
    for row in _pushes_or_telling(connection, tenant):
        _look_at(search, row)
    named = [*_owners(connection, payments), *((False, seq) for seq in events)]
    subjects = [*(one for one in _joined(connection, search.subjects) if one not in named), *named]
    needed = needs(connection, subjects, given_up)
    receipts = _receipts(connection, subjects)
    questions = [row.id for row in _questions(connection, tenant) if _is_of(row, person, receipts)]
    caught = [row for row in _quarantined(connection, tenant) if _is_told(row.body, person, receipts)]
    kept = [Kept("event", event, why) for told in needed.values() for event, why in told]
    kept += [Kept("quarantine", str(row.id), "open in quarantine") for row in caught if not (row.resolved or given_up)]
    return Found(
        person,
        tuple(one for one in subjects if one not in needed),
        tuple(questions),
        tuple(row.id for row in caught if row.resolved or given_up),
        tuple(kept),
        tuple(id_ for id_, told in search.masked if person.may_be(told, search.names)),
    )


def erase(
    engine: Engine, found: Found, given_up: bool = False, rest: Callable[[float], object] = time.sleep
) -> Iterator[int]:
    """Take away what was found; give after each transaction how much of it is done."""
    engine = overwriting(engine)
    all_work: Sequence[tuple[Callable[..., None], Sequence[Any]]] = (
        (_erase_questions, found.questions),
        (_erase_quarantined, found.quarantine),
        (_erase_subjects, found.subjects),
    )
    for work, items in all_work:
        for start in range(0, len(items), CHUNK):
            some = items[start : start + CHUNK]
            began = time.monotonic()
            with engine.begin() as connection:
                work(connection, some, found.person, given_up)
                point("in_erasure")
            yield len(some)
            rest(max(_REST_AT_LEAST_S, time.monotonic() - began))
    put_away_log(engine)


def _look_at(search: _Search, row: Any) -> None:
    told = parties(row.body)
    mine = [one for one in told if search.person.is_party(one)]
    if mine or ("ws_CO_" in row.body and any(search.person.has_pushed(one) for one in row.body.split('"'))):
        search.subjects[(False, row.seq) if row.payment_seq is None else (True, row.payment_seq)] = None
        search.names |= {one["name"] for one in told if one.get("name")}
    else:
        search.masked += [(row.id, one) for one in told if one.get("msisdn_masked")]


def needs(connection: Connection, subjects: Sequence[Subject], given_up: bool) -> dict[Subject, list[tuple[str, str]]]:
    """Return what is still needed, each with the ids of the events that need it and why."""
    found: dict[Subject, list[tuple[str, str]]] = {}
    for some in _chunks(subjects):
        owner = members(connection, [seq for is_payment, seq in some if is_payment])
        which = _of(list(owner), [seq for is_payment, seq in some if not is_payment])
        for row in connection.execute(_needing(which, given_up)):
            is_payment = row.payment_seq in owner
            subject = (is_payment, owner[row.payment_seq] if is_payment else row.seq)
            found.setdefault(subject, []).append((row.id, _why(row)))
    return found


def _needing(which: ColumnElement[bool], given_up: bool) -> Any:
    pending, dead = DeliveryState.PENDING.value, DeliveryState.DEAD.value
    unwritten = and_(EXPORT_LINES.c.id.is_not(None), EXPORT_FILES.c.written_at.is_(None))
    return (
        select(EVENTS.c.seq, EVENTS.c.id, EVENTS.c.payment_seq, DELIVERIES.c.state, DELIVERIES.c.destination)
        .join(DELIVERIES, DELIVERIES.c.event_seq == EVENTS.c.seq)
        .outerjoin(
            EXPORT_LINES,
            and_(
                EXPORT_LINES.c.event_seq == EVENTS.c.seq,
                EXPORT_LINES.c.tenant == DELIVERIES.c.tenant,
                EXPORT_LINES.c.destination == DELIVERIES.c.destination,
            ),
        )
        .outerjoin(EXPORT_FILES, EXPORT_FILES.c.id == EXPORT_LINES.c.file_id)
        .where(which, or_(DELIVERIES.c.state.in_([pending] if given_up else [pending, dead]), unwritten))
        .order_by(EVENTS.c.seq)
    )


_WHY = {
    DeliveryState.PENDING.value: "is not delivered yet",
    DeliveryState.DEAD.value: "is a dead letter",
    DeliveryState.DELIVERED.value: "waits for its accounting file",
}


def _why(row: Any) -> str:
    return f"to {row.destination}: {_WHY[row.state]}"


def _erase_subjects(connection: Connection, subjects: Sequence[Subject], _person: Person, given_up: bool) -> None:
    # Asked again in the transaction: a replay, or a twin, may have come between.
    needed = needs(connection, subjects, given_up)
    free = [one for one in subjects if one not in needed]
    payments = members(connection, [seq for is_payment, seq in free if is_payment])
    forget(connection, _of(list(payments), [seq for is_payment, seq in free if not is_payment]))


def _erase_questions(connection: Connection, ids: Sequence[int], person: Person, _given_up: bool) -> None:
    table = QUESTIONS.c
    connection.execute(update(QUESTIONS).where(table.id.in_(ids)).values(body=b""))
    typed = connection.execute(select(table.id, table.account_reference).where(table.id.in_(ids))).all()
    own = [row.id for row in typed if row.account_reference and person.is_told_in(row.account_reference)]
    connection.execute(update(QUESTIONS).where(table.id.in_(own)).values(account_reference=None))


def _erase_quarantined(connection: Connection, ids: Sequence[int], _person: Person, given_up: bool) -> None:
    # Whole rows: without bytes the same callback, come again, would be counted there and be lost.
    done = QUARANTINE.c.id.in_(ids) if given_up else and_(QUARANTINE.c.id.in_(ids), QUARANTINE.c.resolved)
    connection.execute(delete(QUARANTINE).where(done))


def _of(payments: Collection[int], events: Collection[int]) -> ColumnElement[bool]:
    return or_(EVENTS.c.payment_seq.in_(payments), EVENTS.c.seq.in_(events))


def _owners(connection: Connection, payments: Sequence[int]) -> list[Subject]:
    """Return payments by those that stand for them, each once."""
    owners: dict[Subject, None] = {}
    for some in _chunks(payments):
        owners |= dict.fromkeys((True, owner) for owner in members(connection, some).values())
    return list(owners)


def _joined(connection: Connection, subjects: Collection[Subject]) -> list[Subject]:
    loose = [one for one in subjects if not one[0]]
    return [*loose, *_owners(connection, [seq for is_payment, seq in subjects if is_payment])]


def _receipts(connection: Connection, subjects: Sequence[Subject]) -> frozenset[str]:
    """Return the receipts of payments: quarantined callbacks and questions that name one are their payer's too."""
    table, found = PAYMENT_KEYS.c, set[str]()
    for some in _chunks([seq for is_payment, seq in subjects if is_payment]):
        payments = list(members(connection, some))
        found |= set(connection.scalars(select(table.value).where(table.payment_seq.in_(payments))))
    return frozenset(found)


def _telling(connection: Connection, tenant: str | None) -> Iterator[Any]:
    return _events(connection, tells_in(EVENTS), tenant)


def _pushes_or_telling(connection: Connection, tenant: str | None) -> Iterator[Any]:
    return _events(connection, or_(tells_in(EVENTS), EVENTS.c.body.like('%"ws_CO_%')), tenant)


def _events(connection: Connection, which: ColumnElement[bool], tenant: str | None) -> Iterator[Any]:
    table = EVENTS.c
    query = select(table.seq, table.id, table.payment_seq, table.body).where(which).order_by(table.seq)
    return iter(connection.execute(query if tenant is None else query.where(table.tenant == tenant)))


def _questions(connection: Connection, tenant: str | None) -> Iterator[Any]:
    table = QUESTIONS.c
    query = select(table.id, table.identity, table.body).where(table.body != b"").order_by(table.id)
    return iter(connection.execute(query if tenant is None else query.where(table.tenant == tenant)))


def _quarantined(connection: Connection, tenant: str | None) -> Iterator[Any]:
    table = QUARANTINE.c
    query = select(table.id, table.resolved, table.body).order_by(table.id)
    return iter(connection.execute(query if tenant is None else query.where(table.tenant == tenant)))


def _is_of(row: Any, person: Person, receipts: frozenset[str]) -> bool:
    return row.identity in receipts or _is_told(row.body, person)


def _is_told(body: bytes, person: Person, receipts: frozenset[str] = frozenset()) -> bool:
    text = body.decode("utf-8", "replace")
    return person.is_told_in(text) or not receipts.isdisjoint(_WORD.findall(text))


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
