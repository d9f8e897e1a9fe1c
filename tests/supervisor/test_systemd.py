"""The installed command as systemd runs it: a listening socket at descriptor 3, and one that hears how it is."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from gateway_process import COMMAND, Gateway
from simulated import c2b

from gateway.systemd import Notifier, passed_sockets

# LISTEN_PID has to be the pid of the gateway itself: whoever sets it becomes the gateway.
AS_SYSTEMD = """
import os, sys
os.dup2(int(os.environ["PASSED"]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])
"""


class Systemd:
    """Holds the listening socket of a unit, starts the service, and hears what it says."""

    def __init__(self, folder: Path, port: int) -> None:
        self.listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.address = str(folder / "notify")
        self.heard_at = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.heard_at.bind(self.address)
        self.heard: list[str] = []

    def start(self, pesagate: Gateway, **environment: str) -> None:
        pesagate.write()
        fd = self.listener.fileno()
        with pesagate.log.open("ab") as log:
            pesagate.process = subprocess.Popen(
                [sys.executable, "-c", AS_SYSTEMD, COMMAND, "serve", "-c", pesagate.path],
                pass_fds=[fd], stdout=log, stderr=log,
                env={**os.environ, "PASSED": str(fd), "NOTIFY_SOCKET": self.address, **environment},
            )  # fmt: skip

    def hear(self, words: str, seconds: float = 30) -> str:
        """Return the first message from now on that has these words."""
        deadline = time.monotonic() + seconds
        while True:
            self.heard_at.settimeout(max(0.01, deadline - time.monotonic()))
            message = self.heard_at.recv(4096).decode()
            self.heard.append(message)
            if words in message.splitlines():
                return message


@pytest.fixture
def systemd(tmp_path: Path, pesagate: Gateway) -> Iterator[Systemd]:
    port = int(pesagate.base.rpartition(":")[2])
    made = Systemd(tmp_path, port)
    yield made
    made.listener.close()
    made.heard_at.close()


def test_it_serves_on_the_socket_that_it_is_given_and_says_when_it_is_ready_and_when_it_stops(
    systemd: Systemd, pesagate: Gateway
) -> None:
    pesagate.config["server"]["workers"] = 2
    systemd.start(pesagate)
    assert systemd.hear("READY=1") == "READY=1\nSTATUS=3 processes"
    # The port is systemd's, so that binding it could only have failed.
    assert pesagate.post("c2b-confirmation", c2b("USYS1")).headers["Pesagate-Result"] == "accepted"
    (listening,) = [line for line in pesagate.log_lines() if line["event"] == "listening"]
    assert (listening["given_by"], listening["addresses"]) == ("systemd", [pesagate.base.removeprefix("http://")])
    assert pesagate.process is not None
    pesagate.process.terminate()
    systemd.hear("STOPPING=1")
    assert pesagate.process.wait(30) == 0


def test_who_connects_while_it_restarts_is_only_kept_waiting(systemd: Systemd, pesagate: Gateway) -> None:
    systemd.start(pesagate)
    systemd.hear("READY=1")
    assert pesagate.stop() == 0
    with socket.create_connection(systemd.listener.getsockname(), timeout=30) as early:
        early.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        systemd.start(pesagate)
        assert early.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_the_watchdog_is_fed_as_often_as_it_asks(systemd: Systemd, pesagate: Gateway) -> None:
    systemd.start(pesagate, WATCHDOG_USEC="400000")
    systemd.hear("READY=1")
    began = time.monotonic()
    for _ in range(5):
        systemd.hear("WATCHDOG=1", seconds=5)
    # 0.2 s apart; whoever said it once a second would need four.
    assert time.monotonic() - began < 3


def test_without_a_watchdog_nothing_is_said_of_one(systemd: Systemd, pesagate: Gateway) -> None:
    systemd.start(pesagate)
    systemd.hear("READY=1")
    time.sleep(1.5)
    pesagate.stop()
    systemd.hear("STOPPING=1")
    assert not [message for message in systemd.heard if "WATCHDOG" in message]


def test_a_manager_that_has_gone_costs_nothing(systemd: Systemd, pesagate: Gateway) -> None:
    systemd.start(pesagate, WATCHDOG_USEC="400000", NOTIFY_SOCKET=f"{systemd.address}-gone")
    deadline = time.monotonic() + 30
    while not [line for line in pesagate.log_lines() if line["event"] == "ready"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert requests.get(f"{pesagate.base}/healthz", timeout=20).status_code == 200
    assert pesagate.stop() == 0


def test_what_is_meant_for_another_process_is_left_alone() -> None:
    environ = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "WATCHDOG_PID": "1", "WATCHDOG_USEC": "1000"}
    assert passed_sockets(environ, 2) == []
    assert Notifier.of(environ, 2).often_s == 1.0
    assert environ == {}


def test_a_name_in_the_abstract_space() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        hearing.bind(f"\0pesagate-test-{os.getpid()}")
        Notifier.of({"NOTIFY_SOCKET": f"@pesagate-test-{os.getpid()}"}, 1).ready("x")
        assert hearing.recv(100) == b"READY=1\nSTATUS=x"


PASS = """
import os, socket, sys
from gateway.domain.errors import PesagateError
from gateway.systemd import passed_sockets
kind = sys.argv[1]
if kind == "connected":
    keep = socket.create_server(("127.0.0.1", 0)), socket.socket()
    keep[1].connect(keep[0].getsockname())
    given = keep[1].fileno()
elif kind == "unix":
    keep = socket.socket(socket.AF_UNIX)
    keep.bind("")
    keep.listen()
    given = keep.fileno()
else:
    given = os.open(os.devnull, os.O_RDONLY)
os.dup2(given, 3)
if kind == "closed":
    os.close(3)
try:
    passed_sockets({"LISTEN_PID": "5", "LISTEN_FDS": "1"}, 5)
except PesagateError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("file", "systemd passed descriptor 3, which is no socket: Socket operation on non-socket."),
        ("closed", "systemd passed descriptor 3, which is no socket: Bad file descriptor."),
        ("connected", "systemd passed descriptor 3, which is no listening TCP socket: write "),
        ("unix", "systemd passed descriptor 3, which is no listening TCP socket: write "),
    ],
)
def test_a_descriptor_of_no_use_is_told(kind: str, said: str) -> None:
    told = subprocess.run([sys.executable, "-c", PASS, kind], capture_output=True, text=True, check=True)
    assert told.stdout.startswith(said)
