"""Every decision of intake and the answer it gives: one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

from gateway.domain.settled import Disposition

RESULT_HEADER = "Pesagate-Result"


class Decision(Enum):
    """What intake decided about one request."""

    # Committed, and something new was learnt.
    ACCEPTED = "accepted"
    # Committed as a repetition of what is known.
    DUPLICATE = "duplicate"
    # Committed as a contradiction to what is known.
    CONFLICT = "conflict"
    # Committed to quarantine: authenticated, but of no form that could become an event.
    QUARANTINED = "quarantined"
    # Committed to quarantine: nobody could read it.
    UNREADABLE = "unreadable"
    # Committed to quarantine: its first 64 KiB.
    TOO_LARGE = "too_large"
    # A wrong key, or no such path. Nothing is kept.
    NOT_FOUND = "not_found"
    # The right key, but a method that the kind does not come by. Nothing is kept.
    WRONG_METHOD = "wrong_method"
    # It could not be committed. The sender may come again.
    UNAVAILABLE = "unavailable"


class Row(NamedTuple):
    """One row of the table. `body` None: the kind's own success body."""

    status: int
    reason: str
    body: bytes | None
    result: str | None
    headers: Mapping[str, str] = {}


ANSWERS: Mapping[Decision, Row] = {
    Decision.ACCEPTED: Row(200, "OK", None, "accepted"),
    Decision.DUPLICATE: Row(200, "OK", None, "duplicate"),
    # Its sender can mend nothing, and would only send it again.
    Decision.CONFLICT: Row(200, "OK", None, "conflict"),
    Decision.QUARANTINED: Row(200, "OK", None, "quarantined"),
    Decision.UNREADABLE: Row(400, "Bad Request", b'{"error":"the body is not readable JSON"}', "quarantined"),
    Decision.TOO_LARGE: Row(413, "Content Too Large", b'{"error":"the body is over 64 KiB"}', "quarantined"),
    Decision.NOT_FOUND: Row(404, "Not Found", b'{"error":"not found"}', None),
    Decision.WRONG_METHOD: Row(405, "Method Not Allowed", b'{"error":"only POST"}', None, {"Allow": "POST"}),
    Decision.UNAVAILABLE: Row(503, "Service Unavailable", b'{"error":"try again later"}', None, {"Retry-After": "5"}),
}

DISPOSITIONS: Mapping[Disposition, Decision] = {
    Disposition.ACCEPTED: Decision.ACCEPTED,
    Disposition.DUPLICATE: Decision.DUPLICATE,
    # Nothing new was learnt from it.
    Disposition.ATTACHED: Decision.DUPLICATE,
    Disposition.CONFLICT: Decision.CONFLICT,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes over the wire."""

    status: int
    reason: str
    body: bytes
    headers: tuple[tuple[str, str], ...]


@lru_cache(maxsize=256)
def answer(decision: Decision, success: bytes, status: int = 200) -> Answer:
    """Return the answer of a decision; `success` and `status` are what the provider takes for "received"."""
    row = ANSWERS[decision]
    if row.body is None and status != row.status:
        row = row._replace(status=status, reason=HTTPStatus(status).phrase)
    body = success if row.body is None else row.body
    if row.status == HTTPStatus.NO_CONTENT:
        told = ((RESULT_HEADER, row.result),) if row.result else ()
        return Answer(row.status, row.reason, b"", told)
    result = ((RESULT_HEADER, row.result),) if row.result else ()
    headers = (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *result, *row.headers.items())
    return Answer(row.status, row.reason, body, headers)


@lru_cache(maxsize=8)
def wrong_method(methods: tuple[str, ...]) -> Answer:
    """Return the answer to a method that a kind does not come by; `methods` are those that it does."""
    usual = answer(Decision.WRONG_METHOD, b"")
    body = usual.body.replace(b"POST", " or ".join(methods).encode())
    told = {**dict(usual.headers), "Allow": ", ".join(methods), "Content-Length": str(len(body))}
    return Answer(usual.status, usual.reason, body, tuple(told.items()))
