"""What systemd hands over and wants to hear: sockets (sd_listen_fds) and the state of the service (sd_notify).

Both are a few lines of protocol, from the manual pages sd_listen_fds(3), sd_notify(3) and sd_watchdog_enabled(3).
Without systemd the variables are not there, and nothing of this happens.
"""

import contextlib
import os
import socket
from collections.abc import MutableMapping

from gateway.domain.errors import PesagateError

_FIRST_FD = 3
_TCP = (socket.AF_INET, socket.AF_INET6)


def passed_sockets(environ: MutableMapping[str, str], pid: int) -> list[socket.socket]:
    """Return the listening sockets that systemd has passed to the process `pid`, none where it has passed none.

    Takes the variables away, as they are meant for this process and no other. Raises PesagateError for a socket that
    is of no use here.
    """
    meant_for, count = environ.pop("LISTEN_PID", ""), environ.pop("LISTEN_FDS", "")
    environ.pop("LISTEN_FDNAMES", None)
    if meant_for != str(pid) or not count.isdigit():
        return []
    return [_listener(fd) for fd in range(_FIRST_FD, _FIRST_FD + int(count))]


def _listener(fd: int) -> socket.socket:
    try:
        os.set_inheritable(fd, False)
        passed = socket.socket(fileno=fd)
        listens = passed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise PesagateError(f"systemd passed descriptor {fd}, which is no socket: {error.strerror}.") from None
    if passed.family not in _TCP or not listens:
        raise PesagateError(
            f"systemd passed descriptor {fd}, which is no listening TCP socket: write ListenStream=ADDRESS:PORT and "
            "Accept=no in the socket unit."
        )
    passed.setblocking(False)
    return passed


class Notifier:
    """Tells the service manager how the service is. One that nobody listens to says nothing."""

    def __init__(self, address: str = "", watchdog_s: float | None = None) -> None:
        # A beginning @ names a socket of the abstract name space.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watchdog_s = watchdog_s

    @classmethod
    def of(cls, environ: MutableMapping[str, str], pid: int) -> "Notifier":
        """Return the notifier that the environment names; takes the variables away."""
        address = environ.pop("NOTIFY_SOCKET", "")
        micros, meant_for = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", str(pid))
        watched = micros.isdigit() and int(micros) > 0 and meant_for == str(pid)
        return cls(address, int(micros) / 1e6 if watched else None)

    @property
    def often_s(self) -> float:
        """How long it may be between two calls of `alive`, in seconds: half of what systemd waits."""
        return 1.0 if self._watchdog_s is None else min(1.0, self._watchdog_s / 2)

    def ready(self, status: str) -> None:
        """The service takes requests. `status` is shown by `systemctl status`."""
        self._say(f"READY=1\nSTATUS={status}")

    def stopping(self) -> None:
        """The service is about to end."""
        self._say("STOPPING=1\nSTATUS=finishing what has begun")

    def alive(self) -> None:
        """The service has not got stuck; says so only where WatchdogSec= is set."""
        if self._watchdog_s is not None:
            self._say("WATCHDOG=1")

    def _say(self, text: str) -> None:
        if not self._address:
            return
        # A manager that is gone, or whose queue is full, must not cost a payment.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
            to.setblocking(False)
            to.sendto(text.encode(), self._address)
