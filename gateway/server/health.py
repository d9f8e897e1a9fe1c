"""/healthz and /readyz: is the process there, and can it keep what it is given?"""

import asyncio
import json
from collections.abc import Awaitable, Callable

from tornado.web import RequestHandler

from gateway.server.site import Route

Probe = Callable[[], Awaitable[None]]
"""Commits nothing of worth and returns when it is on disk; raises where it cannot."""

_LIMIT_S = 2.0


class Health(RequestHandler):
    """Answers as long as the process answers at all."""

    def get(self) -> None:
        """Say that the process is alive."""
        self.finish({"status": "ok"})


class Ready(RequestHandler):
    """Answers 200 only while a callback could be committed: a balancer sends callbacks elsewhere otherwise."""

    def initialize(self, probe: Probe, digest: str) -> None:
        """Take what is needed to find out."""
        self._probe = probe
        self._digest = digest

    async def get(self) -> None:
        """Try a commit and say how it went, and which configuration is in force."""
        try:
            await asyncio.wait_for(self._probe(), _LIMIT_S)
            status, said = 200, {"status": "ready", "configuration": self._digest}
        except Exception as error:
            status, said = 503, {"status": "not ready", "reason": f"the store cannot commit: {type(error).__name__}"}
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(said))


def routes(probe: Probe, digest: str) -> list[Route]:
    """Return the paths that a balancer asks."""
    return [("/healthz", Health, {}), ("/readyz", Ready, {"probe": probe, "digest": digest})]
