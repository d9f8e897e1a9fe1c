"""One intake process from start to end."""

import asyncio
import os
import secrets
import select
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from tornado.httpserver import HTTPServer

from gateway.domain.callback import Callback
from gateway.domain.errors import QuarantineFull
from gateway.domain.ids import RowIds
from gateway.domain.received import Reason, Received
from gateway.domain.settings import Quota, Settings
from gateway.domain.settled import Settled
from gateway.domain.times import utc_now
from gateway.metrics.board import Board
from gateway.metrics.series import COMMIT_ROWS, STARTS, Spread
from gateway.pipeline.again import receive_again
from gateway.pipeline.hooks import Hooks
from gateway.server import health, metrics
from gateway.server.counters import Counters
from gateway.server.front import Front
from gateway.server.gather import Gather, Nudge
from gateway.server.hooks import MAX_BODY, Desk
from gateway.server.intake import Intake, Outcome, Ticket, resolver
from gateway.server.office import Acts, Office
from gateway.server.patience import Patience
from gateway.server.reads import Reads
from gateway.server.site import Site
from gateway.server.spare import Spare
from gateway.settings import Entry
from gateway.store.engine import open_engine
from gateway.store.inbox import Inbox, Probe, Settle
from gateway.store.spool import Spool
from gateway.store.writer import Writer

HEADER_TIMEOUT_S = 30.0
BODY_TIMEOUT_S = 10.0
MAX_HEADER = 16 * 1024
CHUNK = 8 * 1024
_FINISH_LIMIT_S = 10.0
# Who has connected in time may still be about to send.
_LAST_CALL_S = 0.3
_MOST_TURNS = 100
_TELL_EVERY_S = 60.0

OnStop = Callable[[Callable[[], None]], None]
IntakeWriter = Writer[Received | Probe, Ticket, Settled | QuarantineFull | None]


@dataclass(frozen=True, slots=True)
class Parts:
    """What an intake process is made of."""

    settings: Settings
    hooks: Hooks
    settle: Settle
    # Tells the delivery process that there is something to do.
    wake: Callable[[], None]
    # Entered in the process itself, before it takes anything: threads do not survive a fork.
    beside: Callable[[], AbstractContextManager[None]] = nullcontext
    # What all processes count.
    board: Board = field(default_factory=lambda: Board(1))
    # None: there is nobody whom API and console could serve.
    acts: Acts | None = None
    # What the console shows: hook URLs, and the configuration in force, secrets masked.
    urls: Sequence[Mapping[str, str]] = ()
    entries: Sequence[Entry] = ()
    cookie_secret: str = field(default_factory=lambda: secrets.token_hex(32))


def run(parts: Parts, listeners: Sequence[socket.socket], on_stop: OnStop) -> None:
    """Take callbacks until told to stop; `on_stop` takes what is to be called then, also from a signal handler."""
    with parts.beside():
        asyncio.run(_serve(parts, listeners, on_stop))


async def _serve(parts: Parts, listeners: Sequence[socket.socket], on_stop: OnStop) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()

    def stop() -> None:
        loop.call_soon_threadsafe(stopping.set)

    def quota(tenant: str, shortcode: str) -> Quota:
        return parts.settings.tenants[tenant].shortcodes[shortcode].quarantine

    inbox = Inbox(parts.settle, utc_now, quota)
    tally = parts.board.claim()
    tally.add((STARTS.name, "intake"))
    rows = Spread(tally, COMMIT_ROWS)
    resolve = resolver(loop)

    def committed(outcomes: Sequence[tuple[Ticket, Outcome]]) -> None:
        rows.observe(len(outcomes))
        resolve(outcomes)

    writer: IntakeWriter = Writer(open_engine(parts.settings.store_url), inbox, committed, spare=_spare(parts))
    counters, patience = Counters(tally), Patience(HEADER_TIMEOUT_S, BODY_TIMEOUT_S)
    reads = Reads(parts.settings.store_url)
    server = _http_server(parts, writer, counters, patience, reads)
    server.add_sockets(listeners)
    # Only now, as it also says that callbacks are taken.
    on_stop(stop)
    chores = [loop.create_task(_every(_TELL_EVERY_S, counters.tell)), loop.create_task(_every(1.0, patience.sweep))]
    await stopping.wait()
    await _accept_the_rest(listeners)
    server.stop()
    for chore in chores:
        chore.cancel()
    await _finish(server, counters)
    await loop.run_in_executor(None, writer.close)
    reads.close()
    counters.tell()


def _spare(parts: Parts) -> Spare | None:
    """Return where callbacks go while the store takes none, None where there is no such place."""
    settings = parts.settings
    if settings.spool is None:
        return None

    def again(callback: Callback) -> Received:
        # Its hook may have gone from the configuration since: then it is set aside under this reason.
        tenant = settings.tenants.get(callback.tenant)
        return receive_again(parts.hooks, tenant, callback, Reason.UNKNOWN_KIND.value)

    everything = Quota(rows=2**62, size=2**62)
    return Spare(Spool(settings.spool), again, Inbox(parts.settle, utc_now, lambda *_: everything))


def _http_server(
    parts: Parts, writer: IntakeWriter, counters: Counters, patience: Patience, reads: Reads
) -> HTTPServer:
    loop = asyncio.get_running_loop()
    nudge = Nudge(loop, parts.wake)

    def committed(settled: Settled) -> None:
        counters.settled(settled)
        if any(issue is not None and issue.destinations for issue in (settled.issue, settled.further)):
            nudge()

    gather = Gather(loop, writer.submit_many, writer.room)
    ids = RowIds(int.from_bytes(os.urandom(2)), utc_now)
    trusted = parts.settings.server.trusted_proxies
    desk = Desk(parts.hooks, Intake(gather.submit, committed), ids, utc_now, counters, trusted)
    site = _site(parts, writer, reads)
    server = HTTPServer(
        Front(desk, site, patience),
        max_body_size=MAX_BODY,
        max_header_size=MAX_HEADER,
        # Tornado clears a buffer of this size for every reading; a callback and its headers fit.
        chunk_size=CHUNK,
        # A compressed body could be a thousand times what it seems; M-Pesa sends none.
        decompress_request=False,
        xheaders=False,
    )
    # Tornado's own time-outs cost a timer for each request, a tenth of it; `patience` does the same once a second.
    server.conn_params.header_timeout = None
    return server


def _site(parts: Parts, writer: IntakeWriter, reads: Reads) -> Site:
    settings = parts.settings
    routes = [*health.routes(lambda: _probe(writer), settings.digest), *metrics.routes(settings, parts.board, reads)]
    if settings.access is None or parts.acts is None:
        return Site(routes)
    from gateway.server.api import handler as api
    from gateway.server.api.openapi import PREFIX
    from gateway.server.console import handlers as console
    from gateway.server.console.base import HOME

    office = Office(settings, settings.access, reads.engine, parts.acts, parts.urls, parts.entries)
    # Made before the fork, so that every process knows the others' sessions.
    safe = {"httponly": True, "samesite": "Strict", "secure": settings.server.public_url.startswith("https://")}
    return Site(
        [*routes, *api.routes(office, reads), *console.routes(office, reads)],
        (f"{PREFIX}/", f"{HOME}/"),
        cookie_secret=parts.cookie_secret,
        xsrf_cookies=True,
        xsrf_cookie_kwargs={**safe, "path": HOME},
        xsrf_cookie_name="pesagate_xsrf",
    )


async def _probe(writer: IntakeWriter) -> None:
    """Commit something that means nothing. Raises where that cannot be done."""
    loop = asyncio.get_running_loop()
    written: asyncio.Future[Outcome] = loop.create_future()

    def note(outcome: Outcome) -> None:
        if not written.done():
            written.set_result(outcome)

    writer.submit(Probe(), note)
    outcome = await written
    if isinstance(outcome, Exception):
        raise outcome


async def _accept_the_rest(listeners: Sequence[socket.socket]) -> None:
    """Let the loop accept what has connected already: when the last process closes the socket, the kernel resets it."""
    waiting = select.poll()
    for listener in listeners:
        waiting.register(listener, select.POLLIN)
    for _ in range(_MOST_TURNS):
        if not waiting.poll(0):
            return
        await asyncio.sleep(0)


async def _finish(server: HTTPServer, counters: Counters) -> None:
    """Let requests that have begun come to their answer, within a limit; then close what is still connected."""
    counters.stopping = True
    await asyncio.sleep(_LAST_CALL_S)
    deadline = time.monotonic() + _FINISH_LIMIT_S
    while counters.open and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    await server.close_all_connections()


async def _every(seconds: float, do: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(seconds)
        do()
