"""The proxies of deploy/ before a running gateway: whose address counts, what is cut off, and that no key is logged."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from gateway_process import KEY, Gateway, configuration, free_port, gateway
from proxies import PROXIES, SAFARICOM, STRANGER, Proxy, as_bytes, caddy_file, nginx_files
from simulated import c2b

from adapters.testing import Receiver

HOOK = f"/hooks/{KEY}/c2b-confirmation"

Behind = tuple[Proxy, Gateway]


def test_nginx_takes_the_file(tmp_path: Path) -> None:
    whole = nginx_files(tmp_path, free_port(), 8080)
    done = subprocess.run(["nginx", "-t", "-c", whole, "-p", tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, "warn" in done.stderr) == (0, False), done.stderr


def test_caddy_takes_the_file(tmp_path: Path) -> None:
    path = caddy_file(tmp_path, free_port(), 8080)
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "Valid configuration" in done.stdout + done.stderr) == (0, True), done.stderr
    # As Caddy itself would write it.
    assert subprocess.run(["caddy", "fmt", path], capture_output=True, check=False).returncode == 0


@contextmanager
def _behind(proxy: str, folder: Path, erp: str) -> Iterator[Behind]:
    config = configuration(free_port(), erp, allow_from=[f"{SAFARICOM}/32"])
    config["server"]["trusted_proxies"] = ["127.0.0.1"]
    front = folder / "proxy"
    front.mkdir()
    with gateway(folder / "gateway", config) as running:
        running.start()
        port = urlsplit(running.base).port
        assert port is not None
        with PROXIES[proxy](front, port) as before:
            yield before, running


@pytest.fixture(params=sorted(PROXIES))
def behind(request: pytest.FixtureRequest, tmp_path: Path, erp: Receiver) -> Iterator[Behind]:
    with _behind(request.param, tmp_path, erp.url) as both:
        yield both


def test_behind_a_proxy_callbacks_arrive_and_no_key_is_written_down(behind: Behind) -> None:
    proxy, running = behind
    assert proxy.post(HOOK, as_bytes(c2b("UONE"))) == (200, "accepted")
    assert proxy.post(HOOK, as_bytes(c2b("UONE"))) == (200, "duplicate")
    # What a caller says of itself counts for nothing, who it is does.
    assert proxy.post(HOOK, as_bytes(c2b("UTWO")), STRANGER, X_Forwarded_For=SAFARICOM) == (200, "quarantined")
    assert proxy.post(HOOK, as_bytes(c2b("UTHREE")), SAFARICOM, X_Forwarded_For=STRANGER) == (200, "accepted")
    assert [row["source"] for row in running.rows("quarantine")] == [STRANGER]
    assert proxy.post(f"{HOOK}?ref=INV-7", b"{") == (400, "quarantined")
    assert proxy.post("/hooks/wrong-key-0123456789-ABCDEFGHIJ/stk", b"{}") == (404, None)

    # Pesagate keeps the beginning of what is too long; what is far too long does not get to it.
    assert proxy.post(HOOK, b" " * 70_000)[0] == 413
    assert proxy.post(HOOK, b" " * 400_000)[0] in (413, 502)
    assert [row["reason"] for row in running.rows("quarantine")].count("too_large") == 1

    # The rest is for those who look after it.
    assert (proxy.get("/readyz"), proxy.get("/readyz", STRANGER) in (403, 404)) == (200, True)

    running.wait_for_state("delivered", 2)
    running.stop()
    assert proxy.post(HOOK, as_bytes(c2b("UGONE")))[0] == 502
    logged = proxy.logged_when("502")
    assert "/hooks/***/c2b-confirmation" in logged
    assert KEY not in logged
    assert "wrong-key" not in logged
    assert "INV-7" not in logged


def _head(*lines: str) -> bytes:
    return "\r\n".join((f"POST {HOOK} HTTP/1.1", "Host: pay.duka.example", *lines, "", "")).encode()


def test_behind_a_proxy_nobody_hides_one_request_in_another(behind: Behind) -> None:
    proxy, running = behind
    one, two = as_bytes(c2b("UPIPEONE")), as_bytes(c2b("UPIPETWO"))
    answers = proxy.raw(
        _head(f"Content-Length: {len(one)}") + one, _head(f"Content-Length: {len(two)}", "Connection: close") + two
    )
    assert answers.count(b"HTTP/1.1 200") == 2
    hidden = _head("Content-Length: 5", "Connection: close") + b"HIDDEN"
    for lines in (
        ("Content-Length: 4", "Transfer-Encoding: chunked"),
        ("Content-Length: 4", f"Content-Length: {len(hidden)}"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding : chunked",),
    ):
        answer = proxy.raw(_head(*lines, "Connection: close") + b"0\r\n\r\n" + hidden)
        assert answer.count(b"HTTP/1.1") == 1, lines
        assert answer.split()[1][:1] in (b"4", b"5"), lines
    assert {row["receipt"] for row in running.rows("events")} == {"UPIPEONE", "UPIPETWO"}
    # Caddy takes a body that is chunked and has a length as a chunked one, here an empty one: no body at all.
    assert {row["reason"] for row in running.rows("quarantine")} <= {"unreadable"}
    assert len(running.rows("quarantine")) <= 1
