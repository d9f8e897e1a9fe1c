"""The door itself, in this process, with parts that fail."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from arrivals import KEY, hooks, shortcode
from simulated import c2b
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from wire import Reply, ask, connected, request

from gateway.domain.ids import RowIds
from gateway.server.counters import Counters
from gateway.server.front import Front
from gateway.server.health import routes
from gateway.server.hooks import Desk
from gateway.server.intake import Intake
from gateway.server.patience import Patience
from gateway.server.site import Site

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)


def now() -> datetime:
    return NOW


def no_clock() -> datetime:
    raise OSError("there is no clock")


def commit(_item: Any, ticket: Any) -> None:
    ticket(None)


def never(_item: Any, _ticket: Any) -> None:
    """Take it and never come back."""


@contextmanager
def door(
    clock: Callable[[], datetime] = now, submit: Any = commit, headers_s: float = 30, body_s: float = 10
) -> Iterator[tuple[str, Counters]]:
    """Serve from a thread of its own."""
    listener, port = bind_unused_port()
    counters, ready = Counters(), threading.Event()
    loop, done = asyncio.new_event_loop(), asyncio.Event()

    async def probe() -> None:
        return None

    async def serve() -> None:
        table = hooks(shortcode(validation_default="C2B00012"))
        desk = Desk(table, Intake(submit, lambda _settled: None), RowIds(1, now), clock, counters)
        patience = Patience(headers_s, body_s)
        server = HTTPServer(Front(desk, Site(routes(probe, "digest")), patience), max_body_size=65536)
        server.add_socket(listener)
        ready.set()
        while not done.is_set():
            await asyncio.sleep(0.02)
            patience.sweep()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield f"http://127.0.0.1:{port}", counters
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(20)
        loop.close()


def assert_all_closed(counters: Counters) -> None:
    """The answer is on its way a moment before its request counts as done."""
    deadline = time.monotonic() + 20
    while counters.open and time.monotonic() < deadline:
        time.sleep(0.01)
    assert counters.open == 0


def post(base: str, kind: str, body: Any) -> Reply:
    return ask(base, "POST", f"/hooks/{KEY}/{kind}", json.dumps(body).encode())


def test_where_nothing_is_known_to_be_kept_the_sender_is_told_to_come_again() -> None:
    """It waited for ever."""
    with door(clock=no_clock) as (base, counters):
        reply = post(base, "c2b-confirmation", c2b("UFRONT"))
        assert (reply.status, reply.result) == (503, None)
        assert_all_closed(counters)


def test_a_question_gets_its_default_even_then() -> None:
    with door(clock=no_clock) as (base, counters):
        reply = post(base, "c2b-validation", c2b("UFRONT"))
        assert (reply.status, reply.body) == (200, b'{"ResultCode":"C2B00012","ResultDesc":"Rejected"}')
        assert_all_closed(counters)


def test_a_question_waits_for_no_store() -> None:
    with door(submit=never) as (base, counters):
        assert post(base, "c2b-validation", c2b("UFRONT")).status == 200
        assert_all_closed(counters)


def test_a_slow_body_is_cut_off_and_counted() -> None:
    with door(body_s=0.3) as (base, counters), connected(base) as wire:
        wire.send(request("POST", f"/hooks/{KEY}/stk", b"{}")[:-1])
        assert wire.ended()
        assert_all_closed(counters)
    assert counters.counts == {"cut_off": 1}


@pytest.mark.parametrize("begun", [b"", b"POST /hooks/"], ids=["idle", "slow headers"])
def test_who_sends_no_headers_is_cut_off(begun: bytes) -> None:
    with door(headers_s=0.3) as (base, counters), connected(base) as wire:
        wire.send(begun)
        assert wire.ended()
    assert counters.counts == {}


def test_who_waits_for_our_answer_is_not_cut_off() -> None:
    with door(submit=never, headers_s=0.2, body_s=0.2) as (base, counters), connected(base, timeout=1) as wire:
        wire.send(request("POST", f"/hooks/{KEY}/stk", b"{}"))
        with pytest.raises(TimeoutError):
            wire.ended()
    assert counters.counts == {}


def test_who_is_gone_before_the_answer_leaves_nothing_behind() -> None:
    with door() as (base, counters):
        for _ in range(20):
            with connected(base) as wire:
                wire.send(request("POST", f"/hooks/{KEY}/stk", b"{}"))
        assert post(base, "stk", {}).status == 200
        assert_all_closed(counters)


@pytest.mark.parametrize("path", [f"/hooks/{KEY}/stk", "/nowhere", "/hooks/wrong/stk"])
def test_what_ends_asks_for_no_further_request_alike_on_every_path(path: str) -> None:
    with door() as (base, counters):
        counters.stopping = True
        with connected(base) as wire:
            wire.send(request("POST", path, b"{}"))
            assert wire.reply().headers["connection"] == "close"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_the_few_other_paths_are_served(path: str) -> None:
    with door() as (base, _):
        assert ask(base, "GET", path).status == 200
        assert ask(base, "GET", f"{path}?x=1").status == 200
        assert ask(base, "POST", path).status == 405
