"""Closing of export files: when lines are due to become a file, settle which, then make it appear, then note it.

Each of the three is complete before the next begins, and each is done again after a crash, so that no file is half,
none is missing and no line is in two.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from gateway.crash import point
from gateway.delivery.place import place
from gateway.domain.adapter import Adapter
from gateway.domain.due import DeliveryWrite
from gateway.domain.errors import StoreUnavailable
from gateway.domain.export import ClosedFile, CloseLines, FileWritten, Gathers, Rendered
from gateway.domain.settings import Destination
from gateway.domain.times import Clock
from gateway.store.export_around import events_around
from gateway.store.export_ledger import events_in, is_due, unwritten
from gateway.store.queries import reading

_LOG = structlog.get_logger("export")

# After trouble (a full disk, a folder that is gone) the next look waits this many looks.
_PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Parts:
    """What closing works with."""

    engine: Engine
    # (tenant, destination) -> what makes its files.
    gatherers: Mapping[tuple[str, str], Gathers]
    make_adapter: Callable[[Destination], Adapter]
    # Writes one row and returns when it is on disk; raises StoreUnavailable.
    commit: Callable[[DeliveryWrite], object]
    clock: Clock


class Closing:
    """Looks at every destination whose lines gather, in a thread of its own: a large file holds no delivery up."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._resting: dict[tuple[str, str], int] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="closing", daemon=True)

    def start(self) -> None:
        """Begin to look, once a second."""
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """End after the file under way; give up after `timeout` seconds."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def look(self) -> None:
        """Close what is due and write what is closed. Trouble with one destination, or one file, stops no other."""
        for name, gathers in self._parts.gatherers.items():
            if self._resting.get(name, 0) > 0:
                self._resting[name] -= 1
                continue
            self._try(name, partial(self._close, name, gathers))
            self._try(name, partial(self._write_all, name, partial(_always, gathers)))

    def finish_others(self) -> None:
        """Write what was closed for destinations that are no longer configured: their lines are in no other file."""
        with reading(self._parts.engine) as connection:
            names = dict.fromkeys((file.tenant, file.destination) for file in unwritten(connection))
        for name in names:
            if name not in self._parts.gatherers:
                self._try(name, partial(self._write_all, name, lambda file: rendering(file, self._parts.make_adapter)))

    def _run(self) -> None:
        self._try(("", ""), self.finish_others)
        while self._parts.gatherers and not self._ending.wait(1.0):
            self.look()

    def _try(self, name: tuple[str, str], act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            self._resting[name] = _PATIENCE
            _tell(name, error)

    def _write_all(self, name: tuple[str, str], gathers: Callable[[ClosedFile], Gathers]) -> None:
        with reading(self._parts.engine) as connection:
            files = unwritten(connection, *name)
        for file in files:
            if not self._ending.is_set():
                self._try(name, partial(self._write, file, gathers(file)))

    def _close(self, name: tuple[str, str], gathers: Gathers) -> None:
        now = self._parts.clock()
        cut = gathers.cut(now)
        with reading(self._parts.engine) as connection:
            due = is_due(connection, *name, cut)
        if due:
            self._parts.commit(CloseLines(*name, cut, gathers.plan(), now))
            point("after_close")

    def _write(self, file: ClosedFile, gathers: Gathers) -> None:
        settings, rendered = self._rendered(file, gathers)
        place(Path(file.folder), file.name, rendered.body)
        digest = hashlib.sha256(rendered.body).hexdigest()
        self._parts.commit(FileWritten(file.id, digest, settings, self._parts.clock()))
        told = {"tenant": file.tenant, "destination": file.destination, "file": file.name}
        _LOG.info("file written", **told, lines=rendered.entries, bytes=len(rendered.body))
        for note in rendered.notes:
            _LOG.warning("look at a file", **told, note=note)

    def _rendered(self, file: ClosedFile, gathers: Gathers) -> tuple[dict[str, object], Rendered]:
        """Return a file's bytes and the settings that gave them: those it was closed with.

        Where those fail (a template that a payment's text does not fit), the mended ones of today are taken.
        """
        closed_with = rendering(file, self._parts.make_adapter)
        try:
            return file.settings, self._render(file, closed_with)
        except Exception:
            if gathers.plan().settings == file.settings:
                raise
            return gathers.plan().settings, self._render(file, gathers)

    def _render(self, file: ClosedFile, gathers: Gathers) -> Rendered:
        with reading(self._parts.engine) as connection:
            return render_file(connection, file, gathers)


def _always(gathers: Gathers, _file: ClosedFile) -> Gathers:
    return gathers


def rendering(file: ClosedFile, make_adapter: Callable[[Destination], Adapter]) -> Gathers:
    """Return what renders a file as it was closed, whatever the configuration says by now."""
    adapter = make_adapter(Destination(file.destination, file.tenant, file.adapter, file.settings))
    if not isinstance(adapter, Gathers):
        raise TypeError(f"the adapter {file.adapter} makes no files")
    return adapter


def render_file(connection: Connection, file: ClosedFile, gathers: Gathers) -> Rendered:
    """Return a file's bytes, and whether its balances fit in with what other files have."""
    events = list(events_in(connection, file.id))
    return gathers.render(file.shortcode, events, events_around(connection, file, events))


def _tell(name: tuple[str, str], error: Exception) -> None:
    # What the disk says names a file; the words of any other error may quote a payment.
    told = str(error.orig) if isinstance(error, DBAPIError) else type(error).__name__
    if isinstance(error, OSError | StoreUnavailable):
        told = str(error)
    _LOG.error(
        "export files cannot be written; trying again",
        tenant=name[0],
        destination=name[1],
        error=told,
        retry_in_s=_PATIENCE,
    )
