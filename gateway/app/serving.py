"""The gateway itself: store, listeners, and the processes of `serve`."""

import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from gateway import registry
from gateway.app.again import choose_replays, replay, reprocess
from gateway.app.hooks import compile_hooks, kinds_of
from gateway.app.lists import lists_of
from gateway.app.loading import effective
from gateway.app.reloading import Reloading
from gateway.app.urls import hook_urls
from gateway.domain.settings import Settings

if TYPE_CHECKING:
    from gateway.server.office import Acts
    from gateway.supervisor import Child


def serve(settings: Settings) -> int:
    """Run the gateway until it is told to stop; return the exit code. Raises PesagateError where it cannot start."""
    from gateway.delivery import process as delivery
    from gateway.delivery.wake import Wake
    from gateway.metrics.board import Board
    from gateway.pipeline.settle import settle
    from gateway.references.kept import KeptLists
    from gateway.server import process as intake
    from gateway.server.listen import Listeners
    from gateway.store.lock import StoreLock
    from gateway.store.prepare import prepare
    from gateway.store.spool import require_spool
    from gateway.supervisor import Child, Supervisor
    from gateway.systemd import Notifier, passed_sockets

    passed = passed_sockets(os.environ, os.getpid())
    notifier = Notifier.of(os.environ, os.getpid())
    with StoreLock(settings.store_url):
        prepare(settings.store_url, settings.path)
        if settings.spool is not None:
            require_spool(settings.spool)
        wake = Wake()
        # Twice as many as there are processes: an old one may still be ending when its successor begins.
        board = Board(2 * (settings.server.workers + 2))
        # The same for every generation of processes: a reload ends no session.
        cookie_secret = secrets.token_hex(32)
        with Listeners.of(settings.server, passed) as listeners:

            def children(by: Settings) -> list[Child]:
                lists = KeptLists(lists_of(by))
                hooks = compile_hooks(by, lists.look_up)
                parts = intake.Parts(by, hooks, settle, wake.up, lists.kept_fresh, board, _acts(by))
                if by.access is not None and by.access.users:
                    urls = [url._asdict() for url in hook_urls(by, kinds_of(by), by.server.public_url)]
                    entries = effective(by.path)
                    parts = replace(parts, urls=urls, entries=entries, cookie_secret=cookie_secret)
                takers = [
                    Child(f"intake-{number}", lambda on_stop: intake.run(parts, listeners.sockets, on_stop))
                    for number in range(1, by.server.workers + 1)
                ]
                deliverer = Child(
                    "delivery",
                    lambda on_stop: delivery.run(by, registry.make, wake, listeners.close, board, on_stop),
                    alone=True,
                )
                return [*takers, deliverer, *_nightly(by, listeners.close), *_alerting(by, listeners.close)]

            reloading = Reloading(settings, children)
            reloading.begin()
            return Supervisor(
                children(settings), notifier=notifier, stopping=listeners.close, successors=reloading
            ).run()


def _acts(settings: Settings) -> "Acts | None":
    """Return what people may ask for; None where nobody may."""
    from gateway.server.office import Acts

    if settings.access is None:
        return None
    # No lists of references: a question of long ago is not decided again.
    hooks = compile_hooks(settings, lambda *_: None)
    return Acts(
        lambda connection, wanted: choose_replays(settings, connection, wanted),
        replay,
        lambda connection, ids: reprocess(settings, hooks, connection, ids),
    )


def _nightly(settings: Settings, close_listeners: Callable[[], None]) -> "list[Child]":
    from gateway import nightly
    from gateway.supervisor import Child

    at = settings.retention.nightly
    if at is None:
        return []
    return [Child("nightly", lambda on_stop: nightly.run(settings, at, close_listeners, on_stop), alone=True)]


def _alerting(settings: Settings, close_listeners: Callable[[], None]) -> "list[Child]":
    alerts = settings.alerts
    if alerts is None:
        return []
    from gateway import alerting
    from gateway.supervisor import Child

    return [Child("alerting", lambda on_stop: alerting.run(settings, alerts, close_listeners, on_stop), alone=True)]
