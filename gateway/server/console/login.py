"""Coming in and going out."""

import secrets
import time
from http import HTTPStatus

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.server.console.base import COOKIE, HOME, Base
from gateway.server.console.sessions import Session

_LOG = structlog.get_logger("console")
_HASHER = PasswordHasher()
# Verified where there is no such user, so that the time it takes does not tell.
_NOBODY = _HASHER.hash(secrets.token_hex(16))


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


def _is_right(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
