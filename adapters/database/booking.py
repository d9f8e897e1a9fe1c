"""Rows into the table: those that wait together in one transaction, and one bad row takes no other with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from adapters.database.connect import NotConnected, transaction
from adapters.database.faults import SET_ASIDE
from adapters.database.row import Row
from adapters.database.statements import NotThere, OtherSpelling, Statements, Written
from adapters.database.verdict import failed, written
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.settings import Secret

ERRORS = (SQLAlchemyError, NotConnected, NotThere, OtherSpelling, OverflowError, UnicodeError)
"""Everything that writing a row raises for what the database, the driver or the row did."""


@dataclass(frozen=True, slots=True)
class _Tried:
    """One transaction: the rows that it wrote, or what ended it."""

    written: Sequence[Written] = ()
    error: Exception | None = None
    # The row at which it ended; None: no row's fault, such as the commit's.
    at: int | None = None


class Booking:
    """Writes rows into one table."""

    def __init__(self, engine: Engine, statements: Statements, url: Secret, seconds: float) -> None:
        self._engine = engine
        self._statements = statements
        self._url = url
        self._seconds = seconds

    def book(self, rows: Sequence[Row]) -> list[Verdict]:
        """Write the rows; return a verdict on each, in their order."""
        # Two gateways that write the same rows in opposite orders would wait for each other.
        order = sorted(range(len(rows)), key=lambda index: str(rows[index].key))
        verdicts = self._in_order([rows[index] for index in order], patient=True)
        by_index = dict(zip(order, verdicts, strict=True))
        return [by_index[index] for index in range(len(rows))]

    def _in_order(self, rows: Sequence[Row], patient: bool) -> list[Verdict]:
        """Write rows in this order. `patient`: a row that is locked is set aside, once."""
        done: list[Verdict] = []
        while rows:
            tried = self._try(rows)
            if tried.error is None:
                return done + [written(each) for each in tried.written]
            blamed = rows[tried.at or 0] if tried.at is not None or len(rows) == 1 else None
            verdict = failed(tried.error, blamed.event if blamed else None, self._url)
            if not _is_rows_own(verdict, patient):
                return done + [verdict] * len(rows)
            if tried.at is None:
                # Refused at the commit: nobody knows whose fault it is.
                alone = [self._in_order([row], patient) for row in rows] if len(rows) > 1 else [[verdict]]
                return done + [each for found in alone for each in found]
            patient = patient and verdict.reason not in SET_ASIDE
            done += [*self._in_order(rows[: tried.at], patient), verdict]
            rows = rows[tried.at + 1 :]
        return done

    def _try(self, rows: Sequence[Row]) -> _Tried:
        put: list[Written] = []
        try:
            with transaction(self._engine, self._seconds) as connection:
                for row in rows:
                    put.append(self._statements.put(connection, row))
        except NotConnected as error:
            return _Tried(error=error)
        except ERRORS as error:
            return _Tried(error=error, at=len(put) if len(put) < len(rows) else None)
        return _Tried(put)


def _is_rows_own(verdict: Verdict, patient: bool) -> bool:
    """Tell whether what ended a transaction concerns one row, so that the others may go on without it."""
    if verdict.result is AttemptResult.RETRY:
        return verdict.reason == "not_there" or (patient and verdict.reason in SET_ASIDE)
    return True
