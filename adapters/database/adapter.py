"""The adapter itself: events in, rows in one transaction, verdicts out."""

import threading
import time
from collections.abc import Sequence

from sqlalchemy import Dialect, Engine
from sqlalchemy.exc import ArgumentError, NoSuchTableError, SQLAlchemyError

from adapters.database.booking import ERRORS, Booking
from adapters.database.checks import problems
from adapters.database.connect import NoFile, open_engine, require_file, transaction
from adapters.database.create import create
from adapters.database.faults import TABLE_CHANGED
from adapters.database.options import Options
from adapters.database.preview import previews
from adapters.database.reflect import reflect, tables_of
from adapters.database.row import CannotWrite, Row, row_of
from adapters.database.shape import Shape
from adapters.database.statements import Statements
from adapters.database.suits import faults
from adapters.database.verdict import failed, rejected
from gateway.domain.adapter import Preview, Progress
from gateway.domain.delivery import Verdict
from gateway.domain.event import Event
from gateway.domain.settings import Destination

REMEMBER_S = 60.0
"""How long the table is taken to be as it was found."""


class DatabaseAdapter:
    """Writes one row for each event into the customer's own table; what is there already is not written again."""

    def __init__(self, destination: Destination) -> None:
        self._name = f"{destination.tenant}/{destination.name}"
        self._options = Options.of(destination.settings)
        self._seconds = self._options.timeout.total_seconds()
        self._lock = threading.Lock()
        self._opened: Engine | None = None
        self._known: tuple[float, Shape] | None = None

    def __repr__(self) -> str:
        return f"<DatabaseAdapter {self._name}>"

    def check(self, live: bool = False) -> Sequence[str]:
        """Return what is wrong with the settings; with `live` also with the table and our rights there."""
        found = problems(self._options)
        return found if found or not live else self._live_problems(create_table=False)

    def prepare(self) -> Sequence[str]:
        """Look at the table before the first event comes, and make it where that is asked for; return what is wrong."""
        found = problems(self._options)
        return found or self._live_problems(create_table=self._options.create_table)

    def preview(self, event: Event) -> Sequence[Preview]:
        """Return the row that `deliver` would write, without asking the database."""
        return previews(event, self._options)

    def deliver(self, event: Event, progress: Progress) -> Verdict:  # noqa: ARG002
        """Write one row. It may be tried again whatever happens: the unique key tells what is there."""
        return self.deliver_many([event])[0]

    def deliver_many(self, events: Sequence[Event]) -> Sequence[Verdict]:
        """Write the rows of events in one transaction; return a verdict on each, in their order."""
        verdicts, remembered = self._try(events)
        suspect = [index for index, verdict in enumerate(verdicts) if verdict.reason in TABLE_CHANGED]
        if remembered and suspect:
            # Perhaps the table was altered since it was looked at.
            self._known = None
            again, _ = self._try([events[index] for index in suspect])
            verdicts = [*verdicts]
            for index, verdict in zip(suspect, again, strict=True):
                verdicts[index] = verdict
        return verdicts

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.dispose()

    def _try(self, events: Sequence[Event]) -> tuple[list[Verdict], bool]:
        """Return verdicts, and whether they come from what was remembered of the table."""
        wrong = problems(self._options)
        if wrong:
            return [rejected("unsuitable", " ".join(wrong))] * len(events), False
        try:
            engine = self._engine()
            shape, remembered = self._shape(engine)
        except (NoFile, ArgumentError, ImportError, *ERRORS) as error:
            return [self._unreachable(error)] * len(events), False
        unsuitable = faults(self._options, shape, engine.dialect)
        if unsuitable:
            self._known = None
            return [rejected("unsuitable", " ".join(unsuitable))] * len(events), remembered
        return self._book(events, engine, shape), remembered

    def _book(self, events: Sequence[Event], engine: Engine, shape: Shape) -> list[Verdict]:
        made = [self._row(event, shape, engine.dialect) for event in events]
        rows = [each for each in made if isinstance(each, Row)]
        booking = Booking(engine, Statements(self._options, shape, engine.dialect), self._options.url, self._seconds)
        booked = iter(booking.book(rows))
        return [next(booked) if isinstance(each, Row) else each for each in made]

    def _row(self, event: Event, shape: Shape, dialect: Dialect) -> Row | Verdict:
        try:
            return row_of(event, self._options, shape, dialect)
        except CannotWrite as error:
            return rejected("bad_row", str(error))

    def _shape(self, engine: Engine) -> tuple[Shape, bool]:
        known = self._known
        if known is not None and time.monotonic() - known[0] < REMEMBER_S:
            return known[1], True
        shape = self._look(engine, self._options.create_table)
        self._known = (time.monotonic(), shape)
        return shape, False

    def _look(self, engine: Engine, create_table: bool) -> Shape:
        if not create_table:
            require_file(engine.url)
        with transaction(engine, self._seconds) as connection:
            try:
                return reflect(connection, self._options.table, self._options.schema)
            except NoSuchTableError:
                if not create_table:
                    raise
        create(engine, self._options)
        with transaction(engine, self._seconds) as connection:
            return reflect(connection, self._options.table, self._options.schema)

    def _engine(self) -> Engine:
        with self._lock:
            if self._opened is None:
                self._opened = open_engine(self._options.url, self._seconds)
            return self._opened

    def _live_problems(self, create_table: bool) -> tuple[str, ...]:
        engine = self._engine()
        try:
            shape = self._look(engine, create_table)
        except NoSuchTableError:
            return () if self._options.create_table else (self._no_table(engine),)
        except (NoFile, *ERRORS) as error:
            return (self._unreachable(error).detail,)
        found = faults(self._options, shape, engine.dialect)
        return found or self._rights(engine, shape)

    def _rights(self, engine: Engine, shape: Shape) -> tuple[str, ...]:
        try:
            with engine.connect() as connection:
                Statements(self._options, shape, engine.dialect).try_rights(connection)
                connection.rollback()
        except ERRORS as error:
            return (failed(error, None, self._options.url).detail,)
        return ()

    def _no_table(self, engine: Engine) -> str:
        from difflib import get_close_matches

        try:
            with engine.connect() as connection:
                names = tables_of(connection, self._options.schema)
        except SQLAlchemyError:
            names = []
        near = get_close_matches(self._options.table, names, n=1)
        guess = f"did you mean {near[0]}?" if near else "make it, or set `create_table: true`."
        return f"There is no table {self._options.shown_table}; {guess}"

    def _unreachable(self, error: Exception) -> Verdict:
        if isinstance(error, ArgumentError | ImportError):
            return rejected("unsuitable", "`url` leads to no database: see `pesagate check`.")
        return failed(error, None, self._options.url)
