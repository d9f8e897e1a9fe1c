"""A running gateway and its configuration file: what is in force, what comes next, and what is told of both."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from gateway.app.loading import effective, settings_to_serve
from gateway.domain.errors import ConfigurationError, PesagateError
from gateway.domain.settings import Settings
from gateway.reload import Change, Values, changes, is_running, refusals, started_at

if TYPE_CHECKING:
    from gateway.child import Child

_LOG = structlog.get_logger("parent")

RELOADED, REFUSED, FAILED = "reloaded", "refused", "failed"


class Reloading:
    """The parent's side: gives the children of the next configuration, and tells the store what became of them."""

    def __init__(self, settings: Settings, children: "Callable[[Settings], Sequence[Child]]") -> None:
        self._settings = settings
        self._children = children
        self._values: Values = values_of(settings.path)
        self._number = 0
        self._next: tuple[Settings, Values] | None = None

    def begin(self) -> None:
        """Tell which configuration is in force from the start."""
        self._tell(None)

    def next(self) -> "Sequence[Child] | None":
        """Read the file once more; return the children that live by it, None where everything stays as it is."""
        self._number += 1
        try:
            settings = settings_to_serve(self._settings.path)
            fixed = refusals(self._settings, settings)
            if fixed:
                self._refuse(list(fixed))
                return None
            values, children = values_of(settings.path), self._children(settings)
        except ConfigurationError as error:
            self._refuse([str(problem) for problem in error.problems])
            return None
        except PesagateError as error:
            self._refuse([str(error)])
            return None
        except Exception as error:
            # Whatever a plug-in or a file system may throw: the gateway that runs must not end of it.
            self._refuse([f"reading the configuration failed with {type(error).__name__}"])
            return None
        self._next = settings, values
        return children

    def end(self, taken: bool) -> None:
        """Note whether the children of the next configuration have taken over."""
        if self._next is None:
            return
        settings, values = self._next
        self._next = None
        told = [str(change) for change in changes(self._values, values)]
        if not taken:
            _LOG.error("reload failed: the new processes did not get going; nothing has changed")
            self._tell({"state": FAILED, "lines": []})
            return
        self._settings, self._values = settings, values
        _LOG.info("reloaded", configuration=settings.digest, changes=len(told))
        self._tell({"state": RELOADED, "lines": told})

    def _refuse(self, lines: list[str]) -> None:
        _LOG.error("reload refused: nothing has changed", problems=lines)
        self._tell({"state": REFUSED, "lines": lines})

    def _tell(self, answer: dict[str, Any] | None) -> None:
        from gateway.store.running import write_running

        pid = os.getpid()
        told = {
            "pid": pid,
            "started": started_at(pid),
            "digest": self._settings.digest,
            "values": self._values,
            "number": self._number,
            "answer": answer,
        }
        try:
            write_running(self._settings.store_url, told)
        except Exception as error:
            # Nobody is worse off but who asks.
            _LOG.error("what the gateway tells of itself could not be stored", error=type(error).__name__)


def values_of(path: Path) -> dict[str, Any]:
    """Return every value of a configuration without errors by its dotted key, secrets masked."""
    from gateway.settings import dotted

    return {dotted(entry.steps): entry.value for entry in effective(path)}


def planned(path: Path) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Return what a reload would change, and why the gateway would refuse it. Raises PesagateError where none runs."""
    settings = settings_to_serve(path)
    running = running_gateway(settings)
    found = changes(running["values"], values_of(path))
    changed = {change.key for change in found}
    fixed = [key for key in ("store.url", "server.listen", "server.workers") if key in changed]
    return found, tuple(f"{key} needs a restart: a reload is refused." for key in fixed)


def running_gateway(settings: Settings) -> dict[str, Any]:
    """Return what the gateway of this host on the settings' store tells of itself. Raises PesagateError."""
    from gateway.store.prepare import require
    from gateway.store.queries import reading
    from gateway.store.running import read_running

    with reading(require(settings.store_url, settings.path)) as connection:
        found = read_running(connection)
    if found is None or not is_running(found["pid"], found["started"]):
        raise PesagateError("No gateway of this host is running on the store: start it with `pesagate serve`.")
    return found
