"""What every page of the console has: who asks, what the store says, what is never kept or framed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from tornado.web import Finish, HTTPError, RequestHandler

from gateway.domain.access import Principal, Right
from gateway.server.console.lists import LISTS
from gateway.server.console.sessions import Session, Throttle
from gateway.server.office import Forbidden, NotFound, Office
from gateway.server.reads import Reads
from gateway.server.source import origin_of
from gateway.store.queries import reading

_LOG = structlog.get_logger("console")

HOME = "/console"
HERE = Path(__file__).parent
COOKIE = "pesagate_session"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_SENTENCES = {
    403: "You may not do that. Or the page was open for too long: load it again.",
    404: "There is nothing here of that name that you may see.",
    503: "The store cannot be asked at the moment. Try again later.",
}


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pages are made with."""

    office: Office
    reads: Reads
    throttle: Throttle


class Base(RequestHandler):
    """A page. Nobody sees one but the one for logging in without having done so."""

    who: Principal

    def initialize(self, parts: Parts, **more: Any) -> None:
        """Take what it needs."""
        self.parts = parts
        self.office = parts.office
        self.more = more

    @property
    def is_secure(self) -> bool:
        """Whether people come by https."""
        return self.office.settings.server.public_url.startswith("https://")

    @property
    def source(self) -> str:
        """The address that the request comes from."""
        return origin_of(self.request, self.office.settings.server.trusted_proxies)

    def set_default_headers(self) -> None:
        """Nothing is kept, framed, sniffed or loaded from elsewhere."""
        self.clear_header("Server")
        for name, value in _HEADERS.items():
            self.set_header(name, value)

    def get_template_path(self) -> str:
        """Where the templates lie."""
        return str(HERE / "templates")

    def get_template_namespace(self) -> dict[str, Any]:
        """What every template may use."""
        who = getattr(self, "who", None)
        lists = [each for each in LISTS if who is not None and who.may(each.right)]
        return {**super().get_template_namespace(), "who": who, "lists": lists, "home": HOME, "Right": Right}

    def prepare(self) -> None:
        """Find out who it is."""
        if self.is_secure:
            self.set_header("Strict-Transport-Security", "max-age=31536000")
        session = Session.of(self.get_signed_cookie(COOKIE))
        user = None if session is None else session.user_of(self.office.access, time.time())
        if session is None or user is None:
            self.redirect(f"{HOME}/login", status=303)
            raise Finish
        self.who = user.principal
        self.stay(Session(session.user, session.began, time.time()))

    def stay(self, session: Session) -> None:
        """Write the session into the cookie."""
        self.set_signed_cookie(
            COOKIE,
            session.cookie(),
            expires_days=None,
            path=HOME,
            httponly=True,
            secure=self.is_secure,
            samesite="Strict",
        )

    def write_error(self, status_code: int, **_more: Any) -> None:
        """Say in a sentence that it did not work; nothing of what was asked is repeated."""
        said = _SENTENCES.get(status_code, HTTPStatus(status_code).phrase)
        self.render("message.html", title=HTTPStatus(status_code).phrase, said=said)

    def log_exception(self, kind: Any, error: Any, _trace: Any) -> None:
        """Log faults of ours by their name alone."""
        if not isinstance(error, HTTPError):
            _LOG.error("a page could not be made", error=getattr(kind, "__name__", "?"))

    async def ask(self, work: Callable[[], Any]) -> Any:
        """Return what the store says."""
        try:
            return await self.parts.reads.do(work)
        except NotFound:
            raise HTTPError(404) from None
        except Forbidden:
            raise HTTPError(403) from None
        except DBAPIError:
            raise HTTPError(503) from None

    async def look(self, ask: Callable[[Any], Any]) -> Any:
        """Return what one moment of the store says."""

        def work() -> Any:
            with reading(self.office.engine) as connection:
                return ask(connection)

        return await self.ask(work)

    def field(self, name: str) -> str | None:
        """Return what stands in a field, None where nothing does."""
        return self.get_argument(name, "").strip() or None


def number_in(text: str | None) -> int | None:
    """Return the number that a text is, None where it is none that the store could have."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else None
