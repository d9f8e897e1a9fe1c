"""The rows of what became no event: quarantine, and questions with their decision."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, false, func, literal_column, not_, select

from gateway.domain.callback import Callback
from gateway.domain.errors import QuarantineFull
from gateway.domain.event import money_text
from gateway.domain.received import Quarantined, Question, Reason
from gateway.domain.settings import Quota
from gateway.domain.times import to_micros
from gateway.store.callbackrow import HEAD, TAIL, callback_row
from gateway.store.hot import Row
from gateway.store.hot_insert import HotInsert
from gateway.store.tables import QUARANTINE, QUESTIONS

Hook = tuple[str, str, str | None]
"""Tenant, shortcode and kind. None: all kinds, which is what bounds those that are not known."""


def _count_again(insert: Any) -> Any:
    """The same bytes on the same hook are one row, counted."""
    return insert.on_conflict_do_update(
        index_elements=["tenant", "shortcode", "kind", "body_digest"],
        set_={
            "seen": QUARANTINE.c.seen + literal_column("1"),
            "last_seen_at": insert.excluded.received_at,
            # They have come again, so that whatever was done about them was not enough.
            "resolved": false(),
        },
    )


_QUARANTINE = HotInsert(
    QUARANTINE, *HEAD, "reason", "path", "detail", *TAIL, "size", conflict=_count_again, one_by_one=True
)
_QUESTION = HotInsert(
    QUESTIONS,
    "id", "tenant", "shortcode", "kind", "identity", "decision", "because", "account_reference", "amount", "body",
    "source", "received_at",
)  # fmt: skip


QuotaOf = Callable[[str, str], Quota]
"""Gives how much of the open rows of one kind is kept for a tenant's shortcode."""


@dataclass(slots=True)
class _Room:
    """What is left of a hook's quota."""

    rows: int
    size: int

    def take(self, size: int) -> str | None:
        """Take what one callback needs; return the configuration's name of what it lacks, None where there is room."""
        lacks = "quarantine_limit" if self.rows < 1 else "quarantine_size" if self.size < size else None
        if lacks is None:
            self.rows -= 1
            self.size -= size
        return lacks


def write_quarantine(
    connection: Connection, quarantined: Sequence[Quarantined], quota: QuotaOf
) -> dict[int, QuarantineFull]:
    """Write what goes to quarantine; return, by callback, what found it full."""
    full: dict[int, QuarantineFull] = {}
    rows: list[Row] = []
    for hook, items in _by_hook(quarantined).items():
        known = _known(connection, hook, items)
        room = _room(connection, hook, quota(*hook[:2]))
        for item in items:
            callback = item.callback
            size = _size(callback)
            lacks = None if _bytes_of(callback) in known else room.take(size)
            if lacks is None:
                known.add(_bytes_of(callback))
                rows.append((*callback_row(callback, (item.reason.value, item.path, item.detail)), size))
            else:
                full[callback.id] = QuarantineFull(f"the quarantine of {_named(hook)} is full ({lacks})")
    _QUARANTINE(connection, rows)
    return full


def _by_hook(quarantined: Sequence[Quarantined]) -> dict[Hook, list[Quarantined]]:
    hooks: dict[Hook, list[Quarantined]] = {}
    for item in quarantined:
        callback = item.callback
        # Anybody with the key can make up kinds without end: a room for each would be no bound.
        kind = None if item.reason is Reason.UNKNOWN_KIND else callback.kind
        hooks.setdefault((callback.tenant, callback.shortcode, kind), []).append(item)
    return hooks


def _named(hook: Hook) -> str:
    return " ".join("for kinds that are not known" if part is None else part for part in hook)


def _bytes_of(callback: Callback) -> tuple[str, str]:
    return callback.kind, callback.body_digest


def _room(connection: Connection, hook: Hook, quota: Quota) -> _Room:
    rows, size = tuple(connection.execute(open_of(hook)).one())
    return _Room(quota.rows - rows, quota.size - size)


def open_of(hook: Hook) -> Select[Any]:
    """Return what adds up number and size of a hook's open rows: from an index of open rows only, never the table."""
    # SQLite takes the index for `resolved = 0`, which this makes, and not for `resolved IS 0`.
    count, size = func.count(), func.coalesce(func.sum(QUARANTINE.c.size), 0)
    return select(count, size).where(*_of(hook), not_(QUARANTINE.c.resolved))


def _size(callback: Callback) -> int:
    told = (callback.headers, callback.context)
    return len(callback.body) + sum(len(name) + len(value) for each in told for name, value in each.items())


def _known(connection: Connection, hook: Hook, items: Sequence[Quarantined]) -> set[tuple[str, str]]:
    """Return, by kind and digest, the bytes that have a row already, open or not: counted there, they need no room."""
    kinds, digests = zip(*(_bytes_of(item.callback) for item in items), strict=True)
    table = QUARANTINE.c
    query = select(table.kind, table.body_digest).where(
        *_of(hook[:2]), table.kind.in_(set(kinds)), table.body_digest.in_(set(digests))
    )
    return {(kind, digest) for kind, digest in connection.execute(query)}


def _of(hook: Sequence[str | None]) -> tuple[ColumnElement[bool], ...]:
    columns = (QUARANTINE.c.tenant, QUARANTINE.c.shortcode, QUARANTINE.c.kind)
    return tuple(column == value for column, value in zip(columns, hook, strict=False) if value is not None)


def write_questions(connection: Connection, questions: Sequence[Question]) -> None:
    """Write questions and how they were decided."""
    _QUESTION(connection, [_question_row(item) for item in questions])


def _question_row(item: Question) -> Row:
    callback, facts = item.callback, item.facts
    who = (callback.id, callback.tenant, callback.shortcode, callback.kind, facts.identity)
    what = (item.decision, item.because, facts.account_reference, money_text(facts.amount))
    return (*who, *what, callback.body, callback.source, to_micros(callback.received_at))
