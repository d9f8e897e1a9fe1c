"""The child that tells people what has happened, where the configuration has `alerts`.

It only reads what others store, so that nothing waits for it, and writes down how far each target was told after the
message is out: a crash tells twice rather than never. Each target has its own pace; one that cannot be reached is tried
again, and hears everything in one message then.
"""

import hashlib
import shutil
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

import requests
import structlog
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from gateway.domain.alerts import Alerts, AlertTarget, Mail, News, chosen, subject
from gateway.domain.settings import Settings
from gateway.domain.times import utc_now
from gateway.nightly import OnStop, Stop
from gateway.store.alerts import Told, last_event, news, read_told, write_told
from gateway.store.engine import open_engine
from gateway.store.queries import reading

_LOG = structlog.get_logger("alerting")

_LOOK_EVERY_S = 10.0
# What was numbered by then is committed, or never will be: nothing waits longer than 12 s for its commit.
_SETTLED = timedelta(seconds=15)
_TIMEOUT_S = 10.0
_LONGEST_PAUSE_S = 600.0


def run(settings: Settings, alerts: Alerts, close_listeners: Callable[[], None], on_stop: OnStop) -> None:
    """Tell every target what it wants to know until told to stop; `on_stop` takes what is to be called then."""
    # Who takes no callbacks must not keep their port.
    close_listeners()
    stop = Stop()
    on_stop(stop.now)
    engine = open_engine(settings.store_url)
    desks = [_Desk(engine, settings, alerts, target) for target in alerts.to]
    look_every_s = min(_LOOK_EVERY_S, alerts.every.total_seconds())
    while not stop.wished:
        for desk in desks:
            if not stop.wished:
                desk.look()
        stop.wait(look_every_s)


@dataclass(slots=True)
class _Pause:
    """When a target may be told again."""

    until: float = 0.0
    failures: int = 0


class _Desk:
    """Looks after one target."""

    def __init__(self, engine: Engine, settings: Settings, alerts: Alerts, target: AlertTarget) -> None:
        self._engine, self._alerts, self._target = engine, alerts, target
        self._database = make_url(settings.store_url.reveal())
        self._key = _key(target)
        self._pause = _Pause()
        self._told: Told | None = None

    def look(self) -> None:
        """Tell what there is, unless the target has had a message just now."""
        if time.monotonic() < self._pause.until:
            return
        try:
            self._look()
        except DBAPIError as error:
            _LOG.warning("the store cannot be asked what to tell; it is tried again", error=type(error.orig).__name__)

    def _look(self) -> None:
        until = utc_now() - _SETTLED
        with reading(self._engine) as connection:
            told = self._told or read_told(connection, self._key)
            last = last_event(connection)
            # A new target is told what happens from now on.
            found = [] if told is None else news(connection, told, max(until, told.until), last)
        if told is None:
            self._write(Told(until, last))
            return
        goes_on = self._goes_on()
        tell = chosen(self._target, [*found, *goes_on], told.standing)
        standing = frozenset(one.word for one in goes_on)
        now = Told(max(until, told.until), last, standing)
        if tell and not self._send(tell):
            return
        if tell or standing != told.standing:
            self._write(now)
        self._told = now

    def _goes_on(self) -> Sequence[News]:
        folder = self._alerts_folder()
        if folder is None or shutil.disk_usage(folder).free >= self._alerts.disk_below:
            return ()
        return (News("disk_low", None, "the store"),)

    def _alerts_folder(self) -> str | None:
        file = self._database.database
        if self._database.get_backend_name() != "sqlite" or not file:
            return None
        return file.rpartition("/")[0] or "."

    def _write(self, told: Told) -> None:
        with self._engine.begin() as connection:
            write_told(connection, self._key, told)
        self._told = told

    def _send(self, tell: Sequence[News]) -> bool:
        every_s = self._alerts.every.total_seconds()
        words = {"to": "mail" if self._target.mail else "url", "tenant": self._target.tenant}
        try:
            send(self._target, self._alerts.mail, tell)
        except (OSError, requests.RequestException, smtplib.SMTPException, ValueError) as error:
            self._pause.failures += 1
            pause_s = min(_LONGEST_PAUSE_S, every_s * 2 ** min(self._pause.failures - 1, 10))
            self._pause.until = time.monotonic() + pause_s
            # Not what it says: an address of a chat service is a secret.
            _LOG.warning("an alert could not be sent; it is tried again", **words, error=type(error).__name__)
            return False
        self._pause = _Pause(time.monotonic() + every_s)
        _LOG.info("alerted", **words, alerts=[one.word for one in tell])
        return True


def _key(target: AlertTarget) -> str:
    """Return the name under which the store keeps how far a target was told."""
    address = target.mail or (target.url.reveal() if target.url else "")
    parts = (address, target.tenant or "", *sorted(target.on))
    return f"alerts:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"


def send(target: AlertTarget, mail: Mail | None, tell: Sequence[News]) -> None:
    """Send one message. Raises OSError, requests.RequestException or smtplib.SMTPException where it cannot."""
    if target.url is not None:
        _post(target, tell)
    elif target.mail is not None and mail is not None:
        _mail(target.mail, mail, tell)


def _post(target: AlertTarget, tell: Sequence[News]) -> None:
    headers = {} if target.bearer is None else {"Authorization": f"Bearer {target.bearer.reveal()}"}
    assert target.url is not None  # noqa: S101
    # `text` is what chat services show.
    text = "\n".join([subject(tell), *(one.sentence for one in tell)])
    body = {"text": text, "alerts": [one.as_dict() for one in tell]}
    url = target.url.reveal()
    answer = requests.post(url, json=body, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False)
    if not 200 <= answer.status_code < 300:
        raise requests.HTTPError(str(answer.status_code))


def _mail(to: str, mail: Mail, tell: Sequence[News]) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = mail.sender, to, subject(tell)
    message.set_content("\n".join(one.sentence for one in tell) + "\n")
    context = ssl.create_default_context()
    if mail.tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=_TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=_TIMEOUT_S)
    with server:
        if mail.tls == "starttls":
            server.starttls(context=context)
        if mail.user is not None and mail.password is not None:
            server.login(mail.user, mail.password.reveal())
        server.send_message(message)
