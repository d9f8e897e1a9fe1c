"""The rows of what became no event: quarantine, and questions with their decision."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Connection, func, literal_column, select
from sqlalchemy.dialects import sqlite

from gateway.domain.errors import QuarantineFull
from gateway.domain.event import money_text
from gateway.domain.received import Quarantined, Question
from gateway.domain.times import to_micros
from gateway.store.callbackrow import HEAD, TAIL, callback_row
from gateway.store.hot import HotStatement, Row
from gateway.store.tables import QUARANTINE, QUESTIONS

Hook = tuple[str, str, str]

_INSERT = sqlite.insert(QUARANTINE)
# The same bytes on the same hook are one row, counted.
_QUARANTINE = HotStatement(
    _INSERT.on_conflict_do_update(
        index_elements=["tenant", "shortcode", "kind", "body_digest"],
        set_={
            "seen": QUARANTINE.c.seen + literal_column("1"),
            "last_seen_at": _INSERT.excluded.received_at,
            # They have come again, so that whatever was done about them was not enough.
            "resolved": literal_column("0"),
        },
    ),
    *HEAD, "reason", "path", "detail", *TAIL,
)  # fmt: skip
_QUESTION = HotStatement(
    QUESTIONS.insert(),
    "id", "tenant", "shortcode", "kind", "identity", "decision", "because", "account_reference", "amount", "body",
    "source", "received_at",
)  # fmt: skip


Limit = Callable[[str, str], int]
"""Gives how many open rows of one kind are kept for a tenant's shortcode."""


def write_quarantine(
    connection: Connection, quarantined: Sequence[Quarantined], limit: Limit
) -> dict[int, QuarantineFull]:
    """Write what goes to quarantine; return, by callback, what found it full."""
    full: dict[int, QuarantineFull] = {}
    room: dict[Hook, int] = {}
    rows: list[Row] = []
    for item in quarantined:
        callback = item.callback
        hook = (callback.tenant, callback.shortcode, callback.kind)
        if hook not in room:
            room[hook] = limit(callback.tenant, callback.shortcode) - _open(connection, hook)
        if room[hook] <= 0 and not _is_known(connection, hook, callback.body_digest):
            full[callback.id] = QuarantineFull(f"the quarantine of {' '.join(hook)} is full")
            continue
        room[hook] -= 1
        rows.append(callback_row(callback, (item.reason.value, item.path, item.detail)))
    _QUARANTINE(connection, rows)
    return full


def _open(connection: Connection, hook: Hook) -> int:
    """Count the open rows of a hook: along its part of an index of open rows only, never the whole table."""
    return connection.scalar(select(func.count()).where(*_of(hook), QUARANTINE.c.resolved.is_(False))) or 0


def _is_known(connection: Connection, hook: Hook, body_digest: str) -> bool:
    query = select(QUARANTINE.c.id).where(*_of(hook), QUARANTINE.c.body_digest == body_digest)
    return connection.scalar(query) is not None


def _of(hook: Hook) -> tuple[ColumnElement[bool], ...]:
    columns = (QUARANTINE.c.tenant, QUARANTINE.c.shortcode, QUARANTINE.c.kind)
    return tuple(column == value for column, value in zip(columns, hook, strict=True))


def write_questions(connection: Connection, questions: Sequence[Question]) -> None:
    """Write questions and how they were decided."""
    _QUESTION(connection, [_question_row(item) for item in questions])


def _question_row(item: Question) -> Row:
    callback, facts = item.callback, item.facts
    who = (callback.id, callback.tenant, callback.shortcode, callback.kind, facts.identity)
    what = (item.decision, item.because, facts.account_reference, money_text(facts.amount))
    return (*who, *what, callback.body, callback.source, to_micros(callback.received_at))
