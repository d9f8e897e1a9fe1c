"""The pages of the console and what their forms do."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from pathlib import Path
from typing import Any, NoReturn

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.exc import DBAPIError
from tornado.web import Finish, HTTPError, RequestHandler

from gateway.domain.access import Principal, Right
from gateway.domain.delivery import DeliveryState
from gateway.domain.outcome import Outcome
from gateway.domain.times import NAIROBI
from gateway.server.console.lists import LISTS, List
from gateway.server.console.sessions import Session, Throttle
from gateway.server.office import Changed, Forbidden, NotFound, Office, described
from gateway.server.reads import Reads
from gateway.server.site import Route
from gateway.server.source import origin_of
from gateway.store.page import Page
from gateway.store.payments import Sought, payments
from gateway.store.queries import reading

_LOG = structlog.get_logger("console")

HOME = "/console"
HERE = Path(__file__).parent
COOKIE = "pesagate_session"
_ROWS = 50
_HASHER = PasswordHasher()
# Verified where there is no such user, so that the time it takes does not tell.
_NOBODY = _HASHER.hash(secrets.token_hex(16))
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
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


class Login(Base):
    """Takes name and password."""

    def prepare(self) -> None:
        """Anybody may."""

    def get(self) -> None:
        """Show the form."""
        self.render("login.html", said=None)

    async def post(self) -> None:
        """Let in whoever knows the password."""
        name, password = self.get_body_argument("name", "")[:64], self.get_body_argument("password", "", strip=False)
        keys = (f"user {name}", f"source {self.source}")
        if self.parts.throttle.pause(*keys) > 0:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS, "Too many tries. Wait a minute, then try again.")
            return
        user = self.office.access.users.get(name)
        hashed = _NOBODY if user is None else user.password.reveal()
        right = await self.parts.reads.do(lambda: _is_right(hashed, password[:1024]))
        if user is None or not right:
            self.parts.throttle.failed(*keys)
            _LOG.warning("a log-in failed", source=self.source)
            self._refuse(HTTPStatus.FORBIDDEN, "Name or password is wrong.")
            return
        self.parts.throttle.succeeded(*keys)
        self.stay(Session(user.name, time.time(), time.time()))
        self.redirect(HOME, status=303)

    def _refuse(self, status: HTTPStatus, said: str) -> None:
        self.set_status(status)
        self.render("login.html", said=said)


class Logout(Base):
    """Ends a session."""

    def post(self) -> None:
        """Forget it."""
        self.clear_cookie(COOKIE, path=HOME)
        self.redirect(f"{HOME}/login", status=303)


class Payments(Base):
    """The first page: payments, the newest first, and the search for one."""

    async def get(self) -> None:
        """Show them."""
        await self._show(None)

    async def post(self) -> None:
        """Search by an id. It does not stand in the address: some end with the payer's phone."""
        name = self.field("name")
        if name is None:
            self.redirect(HOME, status=303)
            return
        found = await self.look(lambda connection: self.office.named(connection, self.who, name))
        rows = await self._rows(Sought(numbers=found))
        if len(rows) == 1 and rows[0]["payment_id"]:
            self.redirect(f"{HOME}/payments/{rows[0]['payment_id']}", status=303)
            return
        told = None if rows else await self._told(name)
        self.render("payments.html", rows=rows, told=told, sought={}, last=None, searched=True)

    async def _told(self, name: str) -> Any:
        try:
            return await self.look(lambda connection: self.office.story(connection, self.who, name))
        except HTTPError:
            return None

    async def _show(self, told: Any) -> None:
        names = ("reference", "phone_ends", "amount", "outcome", "state", "since", "until", "after")
        sought = {name: self.field(name) for name in names}
        rows = await self._rows(_sought(sought), sought["after"])
        last = rows[-1]["number"] if len(rows) == _ROWS else None
        self.render("payments.html", rows=rows, told=told, sought=sought, last=last, searched=any(sought.values()))

    async def _rows(self, sought: Sought, after: str | None = None) -> list[dict[str, Any]]:
        page = Page(self.who.tenants, _number(after), _ROWS, newest_first=True)
        rows: list[dict[str, Any]] = await self.look(lambda connection: list(payments(connection, sought, page)))
        return rows


class Story(Base):
    """One payment's whole story. It shows the payer."""

    async def get(self, name: str) -> None:
        """Tell it."""
        told = await self.look(lambda connection: self.office.story(connection, self.who, name))
        self.render("story.html", told=told, name=name)


class Body(Base):
    """The bytes of a callback as they came, for download."""

    async def get(self, row: str) -> None:
        """Send them."""
        find = self.office.quarantined_body if self.more["quarantined"] else self.office.callback_body
        body = await self.look(lambda connection: find(connection, self.who, int(row)))
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Disposition", f'attachment; filename="callback-{row}.txt"')
        self.finish(body)


class Table(Base):
    """A list."""

    async def get(self) -> None:
        """Show it."""
        shown: List = self.more["shown"]
        if not self.who.may(shown.right):
            raise HTTPError(404)
        page = Page(self.who.tenants, _number(self.field("after")), _ROWS, newest_first=True)
        rows = await self.look(lambda connection: shown.rows(self.office, connection, self.who, page))
        last = rows[-1]["id"] if shown.paged and len(rows) == _ROWS else None
        self.render("table.html", shown=shown, rows=rows, last=last)


class Replay(Base):
    """Counts first, then replays what was agreed to."""

    async def post(self) -> None:
        """Show the count, or do it."""
        chosen = {name: self.field(name) for name in ("name", "tenant", "destination", "reason")}
        names = [chosen["name"]] if chosen["name"] else []
        more: dict[str, Any] = {name: chosen[name] for name in ("destination", "reason")}
        count = _number(self.field("count"))

        def work() -> Any:
            wanted = self.office.wanted(self.who, names, chosen["tenant"], **more)
            return self.office.replay(self.who, self.source, wanted, count, described(**more))

        await _counted(self, work, "replay", "deliveries to try once more", chosen, count, f"{HOME}/waiting")


class Reprocess(Base):
    """Counts first, then takes quarantined callbacks once more."""

    async def post(self) -> None:
        """Show the count, or do it."""
        chosen = {name: self.field(name) for name in ("row", "tenant", "reason")}
        row, count = _number(chosen["row"]), _number(self.field("count"))
        ids = [] if row is None else [row]

        def work() -> Any:
            return self.office.reprocess(self.who, self.source, count, ids, chosen["tenant"], chosen["reason"])

        await _counted(self, work, "reprocess", "callbacks to take once more", chosen, count, f"{HOME}/quarantine")


class Resolve(Base):
    """Marks a quarantined callback as dealt with."""

    async def post(self, row: str) -> None:
        """Do it."""

        def work() -> None:
            with self.office.engine.begin() as connection:
                self.office.resolve(connection, self.who, self.source, int(row))

        await self.ask(work)
        self.redirect(f"{HOME}/quarantine", status=303)


class Lane(Base):
    """Parks a destination, or lets it go on."""

    async def post(self, tenant: str, name: str) -> None:
        """Do it."""
        act = self.office.park if self.more["park"] else self.office.resume

        def work() -> None:
            with self.office.engine.begin() as connection:
                act(connection, self.who, self.source, tenant, name)

        await self.ask(work)
        self.redirect(f"{HOME}/destinations", status=303)


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


async def _counted(
    page: Base, work: Callable[[], Any], path: str, what: str, chosen: dict[str, Any], count: int | None, then: str
) -> None:
    try:
        said = await page.ask(work)
    except Changed as changed:
        said, count = {"count": changed.count}, None
    if count is None:
        page.render("confirm.html", path=path, what=what, chosen=chosen, count=said["count"], back=then)
    else:
        page.redirect(then, status=303)


def _is_right(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else None


def _sought(told: dict[str, str | None]) -> Sought:
    """Return what a form asks for; what is not understood is left out."""
    amount, outcome, state, ends = (told[name] for name in ("amount", "outcome", "state", "phone_ends"))
    return Sought(
        reference=told["reference"],
        digits=ends[-3:] if ends and ends[-3:].isdigit() and len(ends) >= 3 else None,
        amount=_decimal(amount),
        outcome=Outcome[outcome.upper()] if outcome in ("succeeded", "failed", "unknown") else None,
        since=_day(told["since"]),
        until=_day(told["until"]),
        state=DeliveryState(state) if state in tuple(DeliveryState) else None,
    )


def _decimal(text: str | None) -> Decimal | None:
    try:
        found = None if text is None else Decimal(text).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return found


def _day(text: str | None) -> datetime | None:
    try:
        found = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=NAIROBI)


_SENTENCES = {
    403: "You may not do that. Or the page was open for too long: load it again.",
    404: "There is nothing here of that name that you may see.",
    503: "The store cannot be asked at the moment. Try again later.",
}
