"""The paths beside the hooks: served by an ordinary Tornado Application, and by nothing that a hook waits for."""

from collections.abc import Mapping, Sequence
from typing import Any

from tornado.web import Application, RequestHandler

Route = tuple[str, type[RequestHandler], Mapping[str, Any]]
"""A path, as a pattern, with its handler and what the handler is given."""


class Site:
    """An Application and the paths that belong to it. It logs no requests.

    `folders` are the beginnings of paths that are its own whatever follows.
    """

    def __init__(self, routes: Sequence[Route], folders: tuple[str, ...] = (), **settings: Any) -> None:
        self.application = Application(
            [(path, handler, dict(given)) for path, handler, given in routes],
            log_function=lambda _handler: None,
            **settings,
        )
        self._paths = frozenset(path for path, *_ in routes)
        self._folders = folders

    def has(self, path: str) -> bool:
        """Tell whether a path, without its query, is served here."""
        return path in self._paths or path.startswith(self._folders)
