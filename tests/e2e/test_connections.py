"""Strange connections over real sockets: cut, slow, smuggled, far too long. Nothing of them is lost or taken twice."""

import contextlib
import hashlib
import json
import socket
import time

import pytest
import requests
from gateway_process import KEY, Gateway
from simulated import c2b, stk
from strangers import KIB_64, WRONG_KEY, counts, kept, names_nobody, padded, post, said, the_row, wait_until
from wire import Wire, chunked, connected, request


@pytest.mark.parametrize("by", ["length", "chunks"])
@pytest.mark.parametrize("size", [KIB_64 + 1, 200_000, 1024 * 1024])
def test_too_large_is_413_and_its_first_64_kib_are_kept(serving: Gateway, by: str, size: int) -> None:
    body = padded(size, f"{by}{size}")
    with connected(serving.base) as wire:
        if by == "length":
            wire.send(request("POST", f"/hooks/{KEY}/c2b-confirmation", body))
        else:
            head = request("POST", f"/hooks/{KEY}/c2b-confirmation", b"", "Transfer-Encoding: chunked", length=False)
            wire.send(head, chunked(body))
        reply = wire.reply()
        assert (reply.status, reply.result) == (413, "quarantined")
        assert reply.body == b'{"error":"the body is over 64 KiB"}'
        # Who sent all of it may go on with the same connection.
        wire.send(request("POST", f"/hooks/{KEY}/c2b-confirmation", b"{}"))
        assert wire.reply().status == 200
    assert the_row(serving, body[:KIB_64])["reason"] == "too_large"


@pytest.mark.parametrize("by", ["length", "chunks"])
def test_far_too_large_is_kept_too_and_not_read_to_the_end(serving: Gateway, by: str) -> None:
    body = padded(10 * 1024 * 1024, f"ten{by}")
    with connected(serving.base) as wire, contextlib.suppress(ConnectionError, EOFError):
        if by == "length":
            wire.send(request("POST", f"/hooks/{KEY}/c2b-confirmation", body))
        else:
            head = request("POST", f"/hooks/{KEY}/c2b-confirmation", b"", "Transfer-Encoding: chunked", length=False)
            wire.send(head, chunked(body, 65536))
        reply = wire.reply()
        assert (reply.status, reply.result) == (413, "quarantined")
    assert wait_until(lambda: len(kept(serving, body[:KIB_64])) == 1)


def test_64_kib_in_chunks_are_fine(serving: Gateway) -> None:
    with connected(serving.base) as wire:
        head = request("POST", f"/hooks/{KEY}/c2b-confirmation", b"", "Transfer-Encoding: chunked", length=False)
        wire.send(head, chunked(padded(KIB_64, "CHUNKS"), 1000))
        reply = wire.reply()
    assert (reply.status, reply.result) == (200, "accepted")


class TestConnections:
    """What one connection may do."""

    def test_it_goes_on_after_every_refusal(self, serving: Gateway) -> None:
        with connected(serving.base) as wire:
            for path, body, status in [
                (f"/hooks/{KEY}/stk", b"{", 400),
                (f"/hooks/{WRONG_KEY}/stk", b"{", 404),
                (f"/hooks/{KEY}/nonsense", b"{", 200),
                (f"/hooks/{KEY}/stk", json.dumps(stk("ws_alive")).encode(), 200),
            ]:
                wire.send(request("POST", path, body))
                assert wire.reply().status == status

    def test_requests_sent_at_once_are_answered_in_order(self, serving: Gateway) -> None:
        bodies = [c2b(f"UPIPE{number}") for number in range(5)]
        wanted = [*bodies, bodies[0], {"new": "shape"}, b"{", bodies[4]]
        sent = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in wanted]
        with connected(serving.base) as wire:
            wire.send(b"".join(request("POST", f"/hooks/{KEY}/c2b-confirmation", body) for body in sent))
            results = [wire.reply().result for _ in sent]
        assert results == ["accepted"] * 5 + ["duplicate", "quarantined", "quarantined", "duplicate"]

    def test_who_asks_whether_to_go_on_is_told_so(self, serving: Gateway) -> None:
        body = json.dumps(c2b("UEXPECT")).encode()
        whole = request("POST", f"/hooks/{KEY}/c2b-confirmation", body, "Expect: 100-continue")
        head, _, _ = whole.partition(b"\r\n\r\n")
        with connected(serving.base) as wire:
            wire.send(head + b"\r\n\r\n")
            assert wire.reply().status == 100
            wire.send(body)
            assert wire.reply().result == "accepted"

    def test_http_1_0_is_served(self, serving: Gateway) -> None:
        body = json.dumps(c2b("UHTTP10")).encode()
        with connected(serving.base) as wire:
            wire.send(request("POST", f"/hooks/{KEY}/c2b-confirmation", body).replace(b"HTTP/1.1", b"HTTP/1.0"))
            assert wire.reply().result == "accepted"
            assert wire.ended()

    @pytest.mark.parametrize(
        ("headers", "body"),
        [
            (["Content-Length: {long}", "Transfer-Encoding: chunked"], b"0\r\n\r\n"),
            (["Transfer-Encoding: chunked", "Content-Length: {long}"], b"0\r\n\r\n"),
            (["Content-Length: 2", "Content-Length: {long}"], b"{}"),
            (["Content-Length: 2, {long}"], b"{}"),
            (["Content-Length: +2"], b"{}"),
            (["Content-Length: 0x2"], b"{}"),
            (["Content-Length: 2 2"], b"{}"),
            (["Content-Length: ٢"], b"{}"),
            (["Content-Length: -1"], b"{}"),
            (["Content-Length: 99999999999999999999999"], b"{}"),
            (["Transfer-Encoding: chunked, identity"], b"0\r\n\r\n"),
            (["Transfer-Encoding: xchunked"], b"0\r\n\r\n"),
            (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], b"0\r\n\r\n"),
            (["Transfer-Encoding: chunked"], b"+0\r\n\r\n"),
            (["Transfer-Encoding: chunked"], b"-2\r\n{}\r\n0\r\n\r\n"),
            (["Transfer-Encoding: chunked"], b"2\r\n{}XX0\r\n\r\n"),
            (["Content-Length : 2"], b"{}"),
            (["Content-Length: 2\r\n folded: 1"], b"{}"),
            (["X: a\x00b", "Content-Length: 2"], b"{}"),
        ],
    )
    def test_what_two_readers_could_cut_differently_is_read_by_none(
        self, serving: Gateway, headers: list[str], body: bytes
    ) -> None:
        """The hidden request would be a payment; it must be read neither as a body nor as a request of its own."""
        number = hashlib.sha256(repr((headers, body)).encode()).hexdigest()[:8]
        hidden = request("POST", f"/hooks/{KEY}/c2b-confirmation", json.dumps(c2b(f"USM{number}")).encode())
        before = counts(serving)
        with connected(serving.base) as wire:
            lines = [line.format(long=len(body) + len(hidden)) for line in headers]
            head = "\r\n".join([f"POST /hooks/{KEY}/stk HTTP/1.1", "Host: gateway", *lines, "", ""])
            wire.send(head.encode("utf-8") + body + hidden)
            with contextlib.suppress(EOFError, ConnectionError):
                assert wire.reply().status == 400
            assert wire.ended()
        assert counts(serving) == before

    def test_a_length_that_is_said_twice_alike_is_one(self, serving: Gateway) -> None:
        body = json.dumps(c2b("UTWICE")).encode()
        length = f"Content-Length: {len(body)}"
        with connected(serving.base) as wire:
            wire.send(request("POST", f"/hooks/{KEY}/c2b-confirmation", b"", length, length, length=False) + body)
            assert wire.reply().result == "accepted"

    @pytest.mark.parametrize(
        "start", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"\r\n\r\n\r\n"]
    )
    def test_what_is_no_request_ends_the_connection(self, serving: Gateway, start: bytes) -> None:
        with connected(serving.base) as wire:
            wire.send(start + b"\r\n\r\n")
            wire.socket.shutdown(socket.SHUT_WR)
            with contextlib.suppress(EOFError, ConnectionError):
                assert wire.reply().status == 400
        assert requests.get(f"{serving.base}/healthz", timeout=10).status_code == 200

    def test_headers_without_end_end_the_connection(self, serving: Gateway) -> None:
        with connected(serving.base) as wire, contextlib.suppress(ConnectionError):
            wire.send(f"POST /hooks/{KEY}/stk HTTP/1.1\r\n".encode() + b"X: " + b"x" * 100_000)
            assert wire.ended()


def test_a_cut_body_is_stored_nowhere(serving: Gateway) -> None:
    before = counts(serving)
    body = json.dumps(c2b("UCUT")).encode()
    wires = []
    for cut in (request("POST", f"/hooks/{KEY}/c2b-confirmation", body)[:-10],) * 3:
        wires.append(Wire(serving.base))
        wires[-1].send(cut)
    head = request("POST", f"/hooks/{KEY}/c2b-confirmation", b"", "Transfer-Encoding: chunked", length=False)
    wires.append(Wire(serving.base))
    wires[-1].send(head + b"%x\r\n%s" % (len(body), body))
    time.sleep(0.1)
    for wire in wires:
        wire.close()
    assert wait_until(lambda: said(serving, "a request was cut off or too slow", hook=True) >= 4)
    assert counts(serving) == before
    # Its sender may send it whole later.
    assert post(serving, "c2b-confirmation", body).result == "accepted"


def test_a_body_slower_than_10_s_is_cut_off(serving: Gateway) -> None:
    before, cut_off = counts(serving), said(serving, "a request was cut off or too slow", hook=True)
    whole = request("POST", f"/hooks/{KEY}/c2b-confirmation", json.dumps(c2b("USLOW")).encode())
    started = time.monotonic()
    with connected(serving.base, timeout=60) as wire:
        wire.send(whole[:-100])
        wire.socket.settimeout(0.5)
        ended = False
        for byte in whole[-100:-1]:
            with contextlib.suppress(ConnectionError):
                wire.send(bytes([byte]))
            try:
                ended = wire.socket.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                ended = True
            break
        assert ended
    assert time.monotonic() - started > 9
    assert wait_until(lambda: said(serving, "a request was cut off or too slow", hook=True) > cut_off)
    assert counts(serving) == before


def test_no_log_line_names_anybody(serving: Gateway) -> None:
    """Comes last in this file, after everything that could have been logged."""
    assert said(serving, "quarantined", reason="too_large") > 0
    names_nobody(serving)
