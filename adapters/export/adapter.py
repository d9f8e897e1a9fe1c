"""The adapter itself: an event becomes a line of the export ledger, and lines become the bytes of a file. It writes
neither: both are delivery's, so that a line and the mark of its delivery are one commit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from adapters.export.book import booked, day_of
from adapters.export.checks import problems
from adapters.export.entry import Entry
from adapters.export.formats import FORMATS
from adapters.export.formats.csv_text import preset_of
from adapters.export.options import Options
from adapters.export.statement import Statement, gaps_of, statement_of
from gateway.domain.adapter import Preview, Progress
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.event import Event
from gateway.domain.export import Cut, FilePlan, LedgerLine, Rendered, UnbookableError
from gateway.domain.settings import Destination
from gateway.expressions.templates import CannotRender

NO_LINE = Verdict(AttemptResult.DELIVERED, "no_line", "No money has moved by it: files have no line of it.")


class ExportAdapter:
    """Turns events into lines of accounting files."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._settings: Mapping[str, Any] = destination.settings

    def __repr__(self) -> str:
        return f"<ExportAdapter {self._destination.tenant}/{self._destination.name}>"

    def check(self, live: bool = False) -> Sequence[str]:  # noqa: ARG002
        """Return what is wrong with the settings, and with the folder."""
        return problems(self._settings)

    def preview(self, event: Event) -> Sequence[Preview]:
        """Return the file as it would be if this event were its only line."""
        title = f"{self._options.format.name} file {event.tenant}_{event.shortcode}_{day_of(event)}"
        try:
            entry = booked(event, self._options)
            body = NO_LINE.detail if entry is None else self._shown(self._statement(event.shortcode, [entry]))
        except (UnbookableError, CannotRender) as error:
            body = str(error)
        return (Preview(title, body=body),)

    def deliver(self, event: Event, progress: Progress) -> Verdict:  # noqa: ARG002
        """Return the event's line with the verdict. What could not be written later is refused now."""
        try:
            entry = booked(event, self._options)
            if entry is None:
                return NO_LINE
            self._rendered(self._statement(event.shortcode, [entry]))
        except UnbookableError as error:
            return Verdict(AttemptResult.REJECTED, "unbookable", str(error))
        except CannotRender as error:
            return Verdict(AttemptResult.REJECTED, "columns", f"Its line cannot be written: {error}.")
        line = LedgerLine(event.shortcode, day_of(event))
        return Verdict(AttemptResult.DELIVERED, "line", f"A line of {line.shortcode}'s day {line.day}.", line=line)

    def close(self) -> None:
        """Nothing is held."""

    def line(self, event: Event) -> LedgerLine | None:
        """Return the line of an event, None where it moves no money. Raises UnbookableError."""
        return None if booked(event, self._options) is None else LedgerLine(event.shortcode, day_of(event))

    def cut(self, now: datetime) -> Cut:
        """Return what is to be closed at this moment."""
        is_table = self._options.format.name in ("csv", "xlsx")
        return self._options.close.cut(now, preset_of(self._options).most if is_table else None)

    def plan(self) -> FilePlan:
        """Return where files go and what they are rendered with."""
        options = self._options
        return FilePlan(self._destination.adapter, options.folder, options.format.extension, dict(self._settings))

    def render(self, shortcode: str, events: Iterable[Event], around: Iterable[Event] = ()) -> Rendered:
        """Return the bytes of a file. Raises UnbookableError, and CannotRender where a column cannot be worked out."""
        statement = self._statement(shortcode, self._entries(events))
        gaps = gaps_of(statement.entries, self._entries(around))
        return Rendered(self._rendered(statement), len(statement.entries), gaps)

    @cached_property
    def _options(self) -> Options:
        return Options.of(self._settings)

    def _entries(self, events: Iterable[Event]) -> list[Entry]:
        booking = (booked(event, self._options) for event in events)
        return [entry for entry in booking if entry is not None]

    def _statement(self, shortcode: str, entries: Sequence[Entry]) -> Statement:
        return statement_of(self._destination.tenant, shortcode, self._options.currency, entries)

    def _rendered(self, statement: Statement) -> bytes:
        return self._options.format.render(statement, self._options)

    def _shown(self, statement: Statement) -> str:
        # A workbook is no text: shown is the table that is in it.
        name = "csv" if self._options.format.name == "xlsx" else self._options.format.name
        return FORMATS[name].render(statement, self._options).decode("utf-8-sig")
