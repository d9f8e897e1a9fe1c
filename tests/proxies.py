"""nginx and Caddy on loopback, with the configuration that deploy/ ships, changed as its head says."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from authority import Authority
from gateway_process import free_port

DEPLOY = Path(__file__).parents[1] / "deploy"

# Callers with an address of their own, all of them this machine.
SAFARICOM, STRANGER = "127.0.0.5", "127.0.0.6"


@dataclass(frozen=True)
class Proxy:
    """A running proxy."""

    port: int
    logs: Path
    encrypted: bool

    def post(self, path: str, body: bytes, source: str = SAFARICOM, **headers: str) -> tuple[int, str | None]:
        """Post as somebody; return status and what Pesagate said it made of it."""
        connection = self._connection(source)
        sent = {
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json", **sent})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("Pesagate-Result")
        finally:
            connection.close()

    def get(self, path: str, source: str = "127.0.0.1") -> int:
        """Ask for a page as somebody; return the status."""
        connection = self._connection(source)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def raw(self, *pieces: bytes) -> bytes:
        """Send bytes as they are; return all that comes until the other side closes."""
        plain = socket.create_connection(("127.0.0.1", self.port), 30, (SAFARICOM, 0))
        with plain, _anybody().wrap_socket(plain) if self.encrypted else plain as wire:
            for piece in pieces:
                wire.sendall(piece)
            answer = b""
            while more := wire.recv(65536):
                answer += more
            return answer

    def logged_when(self, told: str) -> str:
        """Wait until something is written down, as that comes after the answer; return everything that is."""
        deadline = time.monotonic() + 20
        while told not in self.logged():
            assert time.monotonic() < deadline, self.logged()
            time.sleep(0.05)
        return self.logged()

    def logged(self) -> str:
        """Return everything that it has written down."""
        return "\n".join(path.read_text("utf-8", "replace") for path in self.logs.rglob("*") if path.is_file())

    def _connection(self, source: str) -> http.client.HTTPConnection:
        if self.encrypted:
            return http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=30, source_address=(source, 0), context=_anybody()
            )
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(source, 0))


def _anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def changed(path: Path, changes: Mapping[str, str]) -> str:
    """Return a shipped file with its texts changed. Each of them has to be there."""
    text = path.read_text("utf-8")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def nginx_files(folder: Path, port: int, gateway: int) -> Path:
    """Write the shipped file and what stands around it on a server; return the latter."""
    certificate, key = Authority(folder).certificate("pay")
    logs = folder / "logs"
    logs.mkdir()
    changes = {
        "listen 443": f"listen 127.0.0.1:{port}",
        "/etc/ssl/pay.duka.example/fullchain.pem": str(certificate),
        "/etc/ssl/pay.duka.example/privkey.pem": str(key),
        "/var/log/nginx/pesagate.log": str(logs / "access.log"),
        "127.0.0.1:8080": f"127.0.0.1:{gateway}",
    }
    site, whole = folder / "pesagate.conf", folder / "nginx.conf"
    site.write_text(changed(DEPLOY / "nginx" / "pesagate.conf", changes), "utf-8")
    temporary = "".join(
        f"{name}_temp_path {folder / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole.write_text(
        f"daemon off;\nuser root;\npid {folder}/pid;\nerror_log {logs}/error.log info;\nworker_processes 1;\n"
        f"events {{}}\nhttp {{\n{temporary}access_log {logs}/others.log;\ninclude {site};\n}}\n",
        "utf-8",
    )
    return whole


@contextmanager
def nginx(folder: Path, gateway: int) -> Iterator[Proxy]:
    """Run nginx before a gateway's port."""
    port = free_port()
    command = ["nginx", "-c", str(nginx_files(folder, port, gateway)), "-p", str(folder)]
    with _running(command, folder, port):
        yield Proxy(port, folder / "logs", encrypted=True)


def caddy_file(folder: Path, port: int, gateway: int) -> Path:
    """Write the shipped file, for a port of loopback and without a certificate."""
    logs = folder / "logs"
    logs.mkdir()
    changes = {
        "{\n\tlog default {": f"{{\n\tadmin off\n\tlog default {{\n\t\toutput file {logs}/default.log",
        "pay.duka.example {": f"http://:{port} {{\n\tbind 127.0.0.1",
        "/var/log/caddy/pesagate.log": str(logs / "access.log"),
        "127.0.0.1:8080": f"127.0.0.1:{gateway}",
    }
    path = folder / "Caddyfile"
    path.write_text(changed(DEPLOY / "caddy" / "Caddyfile", changes), "utf-8")
    return path


@contextmanager
def caddy(folder: Path, gateway: int) -> Iterator[Proxy]:
    """Run Caddy before a gateway's port."""
    port = free_port()
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(caddy_file(folder, port, gateway))]
    with _running(command, folder, port):
        yield Proxy(port, folder / "logs", encrypted=False)


PROXIES: Mapping[str, Callable[[Path, int], AbstractContextManager[Proxy]]] = {"nginx": nginx, "caddy": caddy}


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config")}
    with (folder / "said.log").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, **homes})
    try:
        _wait_for(port, process, folder / "said.log")
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", said: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, said.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(said.read_text())


def as_bytes(body: object) -> bytes:
    """Return a body as M-Pesa sends it."""
    return json.dumps(body).encode()
