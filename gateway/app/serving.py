"""The gateway itself: store, listeners, and the processes of `serve`."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
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
    from gateway.child import Child
    from gateway.delivery.wake import Wake
    from gateway.metrics.board import Board
    from gateway.server.listen import Listeners
    from gateway.server.office import Acts
    from gateway.server.process import Parts


def serve(settings: Settings) -> int:
    """Run the gateway until it is told to stop; return the exit code. Raises PesagateError where it cannot start."""
    from gateway.delivery.wake import Wake
    from gateway.metrics.board import Board
    from gateway.server.listen import Listeners
    from gateway.store.lock import StoreLock
    from gateway.store.prepare import prepare
    from gateway.supervisor import Supervisor
    from gateway.systemd import Notifier, passed_sockets

    passed = passed_sockets(os.environ, os.getpid())
    notifier = Notifier.of(os.environ, os.getpid())
    with StoreLock(settings.store_url):
        prepare(settings.store_url, settings.path)
        # Twice as many as there are processes: an old one may still be ending when its successor begins.
        board = Board(2 * (settings.server.workers + 2))
        with Listeners.of(settings.server, passed) as listeners:
            # The same secret for every generation of processes: a reload ends no session.
            shared = _Shared(listeners, Wake(), board, secrets.token_hex(32))
            reloading = Reloading(settings, lambda by: _children(by, shared))
            reloading.begin()
            children = _children(settings, shared)
            return Supervisor(children, notifier=notifier, stopping=listeners.close, successors=reloading).run()


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all processes have in common, of whatever configuration they are."""

    listeners: "Listeners"
    wake: "Wake"
    board: "Board"
    cookie_secret: str


def _children(settings: Settings, shared: _Shared) -> "list[Child]":
    """Return the processes of a configuration. Raises StoreError where its spool cannot be written."""
    from gateway.child import Child
    from gateway.delivery import process as delivery
    from gateway.server import process as intake
    from gateway.store.spool import require_spool

    if settings.spool is not None:
        require_spool(settings.spool)
    parts, listeners = _parts(settings, shared), shared.listeners
    takers = [
        Child(f"intake-{number}", lambda on_stop: intake.run(parts, listeners.sockets, on_stop))
        for number in range(1, settings.server.workers + 1)
    ]
    deliverer = Child(
        "delivery",
        lambda on_stop: delivery.run(settings, registry.make, shared.wake, listeners.close, shared.board, on_stop),
        alone=True,
    )
    return [*takers, deliverer, *_nightly(settings, listeners.close), *_alerting(settings, listeners.close)]


def _parts(settings: Settings, shared: _Shared) -> "Parts":
    from gateway.pipeline.settle import settle
    from gateway.references.kept import KeptLists
    from gateway.server.process import Parts

    lists = KeptLists(lists_of(settings))
    hooks = compile_hooks(settings, lists.look_up)
    parts = Parts(settings, hooks, settle, shared.wake.up, lists.kept_fresh, shared.board, _acts(settings))
    if settings.access is None or not settings.access.users:
        return parts
    urls = [url._asdict() for url in hook_urls(settings, kinds_of(settings), settings.server.public_url)]
    return replace(parts, urls=urls, entries=effective(settings.path), cookie_secret=shared.cookie_secret)


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
    from gateway.child import Child

    at = settings.retention.nightly
    if at is None:
        return []
    return [Child("nightly", lambda on_stop: nightly.run(settings, at, close_listeners, on_stop), alone=True)]


def _alerting(settings: Settings, close_listeners: Callable[[], None]) -> "list[Child]":
    alerts = settings.alerts
    if alerts is None:
        return []
    from gateway import alerting
    from gateway.child import Child

    return [Child("alerting", lambda on_stop: alerting.run(settings, alerts, close_listeners, on_stop), alone=True)]
