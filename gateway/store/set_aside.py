"""The rows of what became no event: quarantine, and questions with their decision."""

from collections.abc import Sequence

from sqlalchemy import Connection, literal_column
from sqlalchemy.dialects import sqlite

from gateway.domain.received import Quarantined, Question
from gateway.domain.times import to_micros
from gateway.store.hot import HotStatement, Row
from gateway.store.settled_rows import CALLBACK_COLUMNS, callback_row
from gateway.store.tables import QUARANTINE, QUESTIONS

_INSERT = sqlite.insert(QUARANTINE)
# The same bytes on the same hook are one row, counted.
_QUARANTINE = HotStatement(
    _INSERT.on_conflict_do_update(
        index_elements=["tenant", "shortcode", "kind", "body_digest"],
        set_={
            "seen": QUARANTINE.c.seen + literal_column("1"),
            "last_seen_at": _INSERT.excluded.last_seen_at,
            # They have come again, so that whatever was done about them was not enough.
            "resolved": literal_column("0"),
        },
    ),
    *CALLBACK_COLUMNS, "reason", "path", "detail",
)  # fmt: skip
_QUESTION = HotStatement(
    QUESTIONS.insert(),
    "id", "tenant", "shortcode", "kind", "identity", "decision", "body", "source", "received_at",
)  # fmt: skip


def write_quarantine(connection: Connection, quarantined: Sequence[Quarantined]) -> None:
    """Write what goes to quarantine."""
    rows = [(*callback_row(item.callback), item.reason.value, item.path, item.detail) for item in quarantined]
    _QUARANTINE(connection, rows)


def write_questions(connection: Connection, questions: Sequence[Question]) -> None:
    """Write questions and how they were decided."""
    _QUESTION(connection, [_question_row(item) for item in questions])


def _question_row(item: Question) -> Row:
    callback = item.callback
    who = (callback.id, callback.tenant, callback.shortcode, callback.kind, item.facts.identity)
    return (*who, item.decision, callback.body, callback.source, to_micros(callback.received_at))
