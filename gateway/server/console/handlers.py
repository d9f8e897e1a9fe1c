"""The paths of the console."""

from typing import Any, NoReturn

from tornado.web import HTTPError

from gateway.server.console.acts import Lane, Replay, Reprocess, Resolve
from gateway.server.console.base import HERE, HOME, Base, Parts
from gateway.server.console.lists import LISTS
from gateway.server.console.login import Login, Logout
from gateway.server.console.pages import Body, Payments, Story, Table
from gateway.server.console.sessions import Throttle
from gateway.server.office import Office
from gateway.server.reads import Reads
from gateway.server.site import Route


class Style(Base):
    """The style sheet."""

    def prepare(self) -> None:
        """Anybody may."""

    def get(self) -> None:
        """Send it."""
        self.set_header("Content-Type", "text/css; charset=utf-8")
        self.finish((HERE / "console.css").read_bytes())


class Nothing(Base):
    """Any other path of the console."""

    def _nothing(self, *_path: str) -> NoReturn:
        raise HTTPError(404)

    get = post = _nothing


def routes(office: Office, reads: Reads) -> list[Route]:
    """Return the paths of the console."""
    parts: dict[str, Any] = {"parts": Parts(office, reads, Throttle())}
    place = r"([A-Za-z0-9_-]{1,64})"
    return [
        (HOME, Payments, parts),
        (f"{HOME}/login", Login, parts),
        (f"{HOME}/logout", Logout, parts),
        (f"{HOME}/console.css", Style, parts),
        (rf"{HOME}/payments/([A-Za-z0-9-]{{1,64}})", Story, parts),
        (rf"{HOME}/callbacks/([0-9]{{1,18}})", Body, {**parts, "quarantined": False}),
        (rf"{HOME}/quarantine/([0-9]{{1,18}})", Body, {**parts, "quarantined": True}),
        (rf"{HOME}/quarantine/([0-9]{{1,18}})/resolve", Resolve, parts),
        (f"{HOME}/replay", Replay, parts),
        (f"{HOME}/reprocess", Reprocess, parts),
        (f"{HOME}/destinations/{place}/{place}/park", Lane, {**parts, "park": True}),
        (f"{HOME}/destinations/{place}/{place}/resume", Lane, {**parts, "park": False}),
        *((f"{HOME}/{each.path}", Table, {**parts, "shown": each}) for each in LISTS),
        (f"{HOME}/(.*)", Nothing, parts),
    ]
