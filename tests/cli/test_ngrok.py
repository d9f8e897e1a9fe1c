"""`public_url: ngrok`: the address comes from a running agent, here an emulated one."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest


@contextmanager
def agent(said: bytes) -> Iterator[str]:
    """Answer as the agent's local API does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/tunnels" else 404)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def tunnel(url: str, to: str) -> dict[str, Any]:
    return {"name": "command_line", "public_url": url, "proto": url.partition(":")[0], "config": {"addr": to}}


@pytest.fixture
def by_ngrok(config: Path) -> Path:
    config.write_text(config.read_text().replace("server:\n", "server:\n  public_url: ngrok\n"))
    return config


def test_the_tunnel_to_our_port_is_taken(run: Callable[..., Any], by_ngrok: Path) -> None:
    tunnels = [
        tunnel("https://other.ngrok-free.app", "http://localhost:9999"),
        tunnel("http://duka.ngrok-free.app", "http://localhost:8080"),
        tunnel("https://duka.ngrok-free.app", "http://localhost:8080"),
    ]
    with agent(json.dumps({"tunnels": tunnels}).encode()) as api:
        listed = run("urls", "-c", by_ngrok, "--json", PESAGATE_NGROK_API=api)
    assert listed.returncode == 0, listed.stderr
    urls = [json.loads(line)["url"] for line in listed.stdout.splitlines()]
    assert all(url.startswith("https://duka.ngrok-free.app/hooks/") for url in urls)
    assert run("check", "-c", by_ngrok).returncode == 0


def test_without_a_tunnel_to_our_port_it_says_which_there_are(run: Callable[..., Any], by_ngrok: Path) -> None:
    said = json.dumps({"tunnels": [tunnel("https://other.ngrok-free.app", "localhost:9999")]}).encode()
    with agent(said) as api:
        listed = run("urls", "-c", by_ngrok, PESAGATE_NGROK_API=api)
    assert listed.returncode == 1
    assert listed.stderr == (
        "pesagate: server.public_url: ngrok has no https tunnel to port 8080 (it has: 9999): run `ngrok http 8080`.\n"
    )


@pytest.mark.parametrize("said", [b"<html>", b"[]", b'{"tunnels": [1]}'])
def test_what_is_no_agent_is_told(run: Callable[..., Any], by_ngrok: Path, said: bytes) -> None:
    with agent(said) as api:
        listed = run("urls", "-c", by_ngrok, PESAGATE_NGROK_API=api)
    assert listed.returncode == 1
    assert f"no ngrok agent answers at {api}" in listed.stderr


def test_an_address_on_the_command_line_asks_nobody(run: Callable[..., Any], by_ngrok: Path) -> None:
    listed = run("urls", "-c", by_ngrok, "--public-url", "https://x.example", PESAGATE_NGROK_API="http://127.0.0.1:9")
    assert listed.returncode == 0
    assert "https://x.example/hooks/" in listed.stdout
