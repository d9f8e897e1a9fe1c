"""Bad input over real sockets: nothing raises, nothing with the right key is lost, each gets the answer it ought to."""

import contextlib
import hashlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from gateway_process import COMMAND, KEY, Gateway, configuration, free_port, gateway
from simulated import c2b, stk
from sqlalchemy import func, select
from wire import Reply, Wire, ask, chunked, connected, request

from gateway.domain.settings import Secret
from gateway.store.prepare import require
from gateway.store.queries import quarantined, quarantined_body, reading
from gateway.store.tables import CALLBACKS, QUARANTINE

KIB_64 = 64 * 1024
TILL_KEY = "till-key-0123456789-ABCDEFGHIJ"
FAR_KEY = "faraway-key-0123456789-ABCDEFG"
SHUT_KEY = "shut-key-0123456789-ABCDEFGHIJ"
PUSH_KEY = "push-key-0123456789-ABCDEFGHIJ"
CONFIRM_KEY = "confirm-key-0123456789-ABCDEFG"
WRONG_KEY = "wrong-key-0123456789-ABCDEFGHI"
HERE, ELSEWHERE = "192.0.2.7", "198.51.100.7"

SUCCESS = b'{"ResultCode":0,"ResultDesc":"Success"}'
NOT_FOUND = b'{"error":"not found"}'


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    config = configuration(free_port(), "http://127.0.0.1:9")
    # The test is its own proxy, so that it can come from anywhere.
    config["server"]["trusted_proxies"] = ["127.0.0.1"]
    tenant = config["tenants"]["duka"]
    tenant["routes"] = []
    tenant["shortcodes"] |= {
        "5012345": {"type": "till", "store": "600999", "key": TILL_KEY},
        "600111": {"type": "paybill", "key": FAR_KEY, "allow_from": ["192.0.2.0/24"]},
        "600112": {"type": "paybill", "key": SHUT_KEY, "allow_from": ["192.0.2.0/24"], "on_mismatch": "refuse"},
        "600113": {"type": "paybill", "key": {"stk": PUSH_KEY, "c2b-confirmation": [CONFIRM_KEY]}},
    }
    with gateway(tmp_path_factory.mktemp("bad") / "gateway", config) as running:
        yield running.start()


def post(serving: Gateway, kind: str, body: Any, *headers: str, key: str = KEY) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(serving.base, "POST", f"/hooks/{key}/{kind}", data, *headers)


def store(serving: Gateway) -> Secret:
    return Secret(f"sqlite:///{serving.folder / 'pesagate.db'}")


def kept(serving: Gateway, body: bytes) -> list[dict[str, Any]]:
    """Return the quarantine rows of these bytes, after a look that each gives them back."""
    digest = hashlib.sha256(body).hexdigest()
    with reading(require(store(serving))) as connection:
        rows = [row for row in quarantined(connection) if row["body_digest"] == digest]
        assert all(quarantined_body(connection, int(row["id"])) == body for row in rows)
    return rows


def counts(serving: Gateway) -> tuple[int, int]:
    """Return how many callbacks and quarantine rows there are."""
    with reading(require(store(serving))) as connection:
        return tuple(connection.scalar(select(func.count()).select_from(table)) for table in (CALLBACKS, QUARANTINE))  # type: ignore[return-value]


def the_row(serving: Gateway, body: bytes) -> dict[str, Any]:
    (row,) = kept(serving, body)
    return row


def padded(size: int, mark: str) -> bytes:
    """Return a valid body of exactly this size that no other test sends."""
    body = json.dumps(c2b("UBIG" + mark, Padding="")).encode()
    return body.replace(b'"Padding": ""', b'"Padding": "' + b"x" * (size - len(body)) + b'"')


UNREADABLE = {
    "malformed": b'{"TransID": "UKO7R8T1YB", ',
    "text": b"TransID=UKO7R8T1YB",
    "empty": b"",
    "not UTF-8": b'{"TransID": "\xff"}',
    "UTF-16": '{"TransID": "U"}'.encode("utf-16"),
    "NaN": b'{"TransAmount": NaN}',
    "Infinity": b'{"TransAmount": Infinity}',
    "minus Infinity": b'{"TransAmount": -Infinity}',
    "a key twice": b'{"TransAmount": "1.00", "TransAmount": "1.00"}',
    "33 levels": b"[" * 33 + b"]" * 33,
    "30,000 levels": b"[" * 30_000 + b"]" * 30_000,
    "60,000 levels": b"[" * 60_000,
    "4,001 digits": b'{"TransAmount": ' + b"1" * 4001 + b"}",
    "10,000 digits": b'{"TransAmount": ' + b"1" * 10_000 + b"}",
    "an exponent nobody can hold": b'{"TransAmount": 1e99999999999999999999}',
    "half a surrogate pair": b'{"FirstName": "\\ud83d"}',
    "two byte order marks": b"\xef\xbb\xbf\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_body_is_answered_400_and_kept(serving: Gateway, body: bytes) -> None:
    reply = post(serving, "c2b-confirmation", body)
    assert (reply.status, reply.result) == (400, "quarantined")
    assert reply.body == b'{"error":"the body is not readable JSON"}'
    assert the_row(serving, body)["reason"] == "unreadable"


DEEP_32 = c2b("UDEEP32", Extra=json.loads("[" * 31 + "]" * 31))
ODD_BUT_READABLE = {
    "32 levels": json.dumps(DEEP_32).encode(),
    "4,000 digits": json.dumps(c2b("U4000")).encode()[:-1] + b', "Extra": ' + b"9" * 4000 + b"}",
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(c2b("UBOM")).encode(),
    "a whole surrogate pair": json.dumps(c2b("USMILE", FirstName="😀")).encode(),
    "UTF-8 as it is": json.dumps(c2b("UTF8", FirstName="Wanjikũ"), ensure_ascii=False).encode(),
    "a NUL where nobody reads": json.dumps(c2b("UNUL", InvoiceNumber="a\x00b")).encode(),
    "blanks around": b"\r\n  " + json.dumps(c2b("UBLANK")).encode() + b"\n\n",
    "a huge exponent where nobody reads": json.dumps(c2b("UEXP")).encode()[:-1] + b', "Extra": 1e999999999}',
    "a huge exponent as balance": json.dumps(c2b("UEXPB")).replace('"49197.00"', "1e999999999").encode(),
    "exactly 64 KiB": padded(KIB_64, "EXACT"),
}


@pytest.mark.parametrize("body", ODD_BUT_READABLE.values(), ids=ODD_BUT_READABLE.keys())
def test_an_odd_but_readable_body_is_a_payment(serving: Gateway, body: bytes) -> None:
    reply = post(serving, "c2b-confirmation", body)
    assert (reply.status, reply.result, reply.body) == (200, "accepted", SUCCESS)
    assert kept(serving, body) == []


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "nonsense", "", None],
)
def test_any_content_type_will_do(serving: Gateway, content_type: str | None) -> None:
    receipt = f"UCT{content_type and hashlib.sha256(content_type.encode()).hexdigest()[:8]}"
    headers = [] if content_type is None else [f"Content-Type: {content_type}"]
    reply = post(serving, "c2b-confirmation", c2b(receipt), *headers)
    assert (reply.status, reply.result) == (200, "accepted")


NEW_SHAPES: list[tuple[str, Any, str]] = [
    ("stk", {}, "$.Body"),
    ("stk", [], "$.Body"),
    ("stk", 7, "$.Body"),
    ("stk", c2b("UWRONGKIND"), "$.Body"),
    ("stk", stk("ws_shape_1", amount=1.005), "$.Body.stkCallback.CallbackMetadata.Item[0].Value"),
    ("c2b-confirmation", stk("ws_shape_2"), "$"),
    ("c2b-confirmation", c2b("USHAPE1", amount="1,000"), "$.TransAmount"),
    ("c2b-confirmation", c2b("USHAPE2", amount="1e3"), "$.TransAmount"),
    ("c2b-confirmation", c2b("USHAPE3", BillRefNumber="INV\x00"), "$.BillRefNumber"),
    ("c2b-confirmation", c2b("USHAPE4\x00"), "$.TransID"),
    ("c2b-confirmation", c2b("USHAPE5", TransTime="20261324101530"), "$.TransTime"),
    ("c2b-confirmation", None, "$"),
]


@pytest.mark.parametrize(("kind", "body", "path"), NEW_SHAPES, ids=lambda value: repr(value)[-30:])
def test_a_new_shape_is_acknowledged_and_kept_with_its_place(serving: Gateway, kind: str, body: Any, path: str) -> None:
    reply = post(serving, kind, body)
    assert (reply.status, reply.result, reply.body) == (200, "quarantined", SUCCESS)
    row = the_row(serving, json.dumps(body).encode())
    assert (row["reason"], row["path"], row["kind"]) == ("new_shape", path, kind)


@pytest.mark.parametrize("kind", ["b2c-reslut", "", "stk/", "stk/more", "STK", "%73tk", "x" * 200])
def test_an_unknown_kind_is_acknowledged_and_kept(serving: Gateway, kind: str) -> None:
    body = json.dumps({"kind": kind}).encode()
    reply = post(serving, kind, body)
    assert (reply.status, reply.result, reply.body) == (200, "quarantined", SUCCESS)
    row = the_row(serving, body)
    assert (row["reason"], row["kind"]) == ("unknown_kind", kind[:64])


def test_a_foreign_shortcode_is_acknowledged_and_kept(serving: Gateway) -> None:
    body = c2b("UFOREIGN", shortcode="600112")
    reply = post(serving, "c2b-confirmation", body)
    assert (reply.status, reply.result, reply.body) == (200, "quarantined", SUCCESS)
    row = the_row(serving, json.dumps(body).encode())
    assert (row["reason"], row["shortcode"]) == ("foreign_shortcode", "600638")
    assert row["detail"] == "the body names shortcode 600112, the hook is 600638's"


@pytest.mark.parametrize("number", ["5012345", "600999"])
def test_a_till_takes_its_own_number_and_its_stores(serving: Gateway, number: str) -> None:
    reply = post(serving, "c2b-confirmation", c2b(f"UT{number}", shortcode=number), key=TILL_KEY)
    assert (reply.status, reply.result) == (200, "accepted")
    (event,) = [event for event in serving.rows("events") if event["receipt"] == f"UT{number}"]
    assert event["shortcode"] == "5012345"


def test_a_key_opens_only_the_kinds_that_it_was_given_for(serving: Gateway) -> None:
    before = counts(serving)
    closed = [
        post(serving, kind, c2b("UMAP", shortcode="600113"), key=key)
        for key, kind in [(PUSH_KEY, "c2b-confirmation"), (CONFIRM_KEY, "stk"), (PUSH_KEY, "nonsense"), (PUSH_KEY, "")]
    ]
    assert [(reply.status, reply.body, reply.result) for reply in closed] == [(404, NOT_FOUND, None)] * 4
    assert counts(serving) == before
    assert post(serving, "c2b-confirmation", c2b("UMAP", shortcode="600113"), key=CONFIRM_KEY).result == "accepted"
    assert post(serving, "stk", stk("ws_map"), key=PUSH_KEY).result == "accepted"


METHODS = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [0, 100, KIB_64 + 1, 2 * 1024 * 1024])
def test_another_method_on_the_right_key_is_405_and_nothing_is_stored(serving: Gateway, method: str, size: int) -> None:
    """A PUT of more than 1 MiB was taken for a callback that is too large, and kept."""
    before = counts(serving)
    with connected(serving.base) as wire:
        with contextlib.suppress(ConnectionError):
            wire.send(request(method, f"/hooks/{KEY}/stk", b"x" * size))
        reply = wire.reply(to_head=method == "HEAD")
    assert (reply.status, reply.headers["allow"], reply.result) == (405, "POST", None)
    assert counts(serving) == before


@pytest.mark.parametrize("method", ["POST", *METHODS])
def test_a_wrong_key_and_an_unknown_path_are_told_apart_by_no_byte(serving: Gateway, method: str) -> None:
    before = counts(serving)
    paths = [
        f"/hooks/{WRONG_KEY}/stk",
        f"/hooks/{WRONG_KEY}/nonsense",
        f"/hooks/{PUSH_KEY}/c2b-confirmation",
        f"/hooks/{SHUT_KEY}/stk",
        "/hooks/",
        "/hooks",
        "//hooks/x",
        f"/Hooks/{KEY}/stk",
        f"/{KEY}/stk",
        f"{KEY}/stk",
        f"/hooks//{KEY}/stk",
        "/",
        "/favicon.ico",
        "/healthz/",
        "*",
    ]
    replies = [ask(serving.base, method, path, body) for path in paths for body in (b"", b"{}", b"x" * (KIB_64 + 1))]
    assert {reply.status for reply in replies} == {404}
    assert len({reply.bytes_but_date for reply in replies}) == 1
    if method != "HEAD":
        assert replies[0].body == NOT_FOUND
    assert replies[0].result is None
    assert counts(serving) == before


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


class TestSourceAddress:
    """Where a callback comes from, told by a proxy that is trusted."""

    def test_from_elsewhere_it_is_acknowledged_and_kept(self, serving: Gateway) -> None:
        body = c2b("UADDR1", shortcode="600111")
        reply = post(serving, "c2b-confirmation", body, f"X-Forwarded-For: {ELSEWHERE}", key=FAR_KEY)
        assert (reply.status, reply.result, reply.body) == (200, "quarantined", SUCCESS)
        row = the_row(serving, json.dumps(body).encode())
        assert (row["reason"], row["source"]) == ("source_address", ELSEWHERE)
        assert row["detail"] == f"{ELSEWHERE} is not in allow_from"

    def test_from_here_it_is_taken(self, serving: Gateway) -> None:
        body = c2b("UADDR2", shortcode="600111")
        reply = post(serving, "c2b-confirmation", body, f"X-Forwarded-For: {HERE}", key=FAR_KEY)
        assert reply.result == "accepted"

    @pytest.mark.parametrize(
        "forged", [f"{HERE}, {ELSEWHERE}", f"{HERE},{ELSEWHERE}, 127.0.0.1", f"{HERE}, nonsense", "", "::1"]
    )
    def test_what_the_sender_wrote_itself_counts_for_nothing(self, serving: Gateway, forged: str) -> None:
        body = c2b("UFORGED", shortcode="600111", Extra=forged)
        reply = post(serving, "c2b-confirmation", body, f"X-Forwarded-For: {forged}", key=FAR_KEY)
        assert reply.result == "quarantined"
        assert the_row(serving, json.dumps(body).encode())["reason"] == "source_address"

    def test_unreadable_from_elsewhere_is_kept_for_its_address(self, serving: Gateway) -> None:
        reply = post(serving, "stk", b"{elsewhere", f"X-Forwarded-For: {ELSEWHERE}", key=FAR_KEY)
        assert (reply.status, reply.result) == (200, "quarantined")

    def test_refused_it_is_a_wrong_key(self, serving: Gateway) -> None:
        before = counts(serving)
        path = f"/hooks/{SHUT_KEY}/stk"
        refused = ask(serving.base, "POST", path, b"{}", f"X-Forwarded-For: {ELSEWHERE}")
        unknown = ask(serving.base, "POST", f"/hooks/{WRONG_KEY}/stk", b"{}")
        assert refused.status == 404
        assert refused.bytes_but_date == unknown.bytes_but_date
        assert ask(serving.base, "GET", path, b"", f"X-Forwarded-For: {ELSEWHERE}").status == 404
        assert counts(serving) == before
        assert ask(serving.base, "GET", path, b"", f"X-Forwarded-For: {HERE}").status == 405


def test_the_same_bad_bytes_are_one_row_with_a_count(serving: Gateway) -> None:
    body = b'{"again and again": \xff}'
    for _ in range(3):
        assert post(serving, "stk", body).status == 400
    assert post(serving, "c2b-confirmation", body).status == 400
    rows = {row["kind"]: row for row in serving.rows("quarantine") if row["id"] in ids(serving, body)}
    assert {kind: row["seen"] for kind, row in rows.items()} == {"stk": 3, "c2b-confirmation": 1}
    done = subprocess.run(
        [COMMAND, "-c", serving.path, "quarantine", "body", rows["stk"]["id"]],
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == body


def ids(serving: Gateway, body: bytes) -> set[str]:
    return {row["id"] for row in kept(serving, body)}


def test_a_quarantined_callback_takes_no_identity(serving: Gateway) -> None:
    assert post(serving, "c2b-confirmation", c2b("UIDENT", amount="1,500")).result == "quarantined"
    assert post(serving, "c2b-confirmation", c2b("UIDENT")).result == "accepted"
    assert post(serving, "c2b-confirmation", c2b("UIDENT")).result == "duplicate"
    conflict = post(serving, "c2b-confirmation", c2b("UIDENT", amount="1.00"))
    assert (conflict.status, conflict.result, conflict.body) == (200, "conflict", SUCCESS)


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


def said(serving: Gateway, event: str, **fields: Any) -> int:
    return sum(
        line["event"] == event and all(line.get(name) == value for name, value in fields.items())
        for line in serving.log_lines()
    )


def wait_until(holds: Any, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_query_parameters_become_context_and_are_bounded(serving: Gateway) -> None:
    query = "&".join([f"p{n}=v{n}" for n in range(30)] + ["z=" + "y" * 9000])
    first = ask(
        serving.base, "POST", f"/hooks/{KEY}/stk?ref=INV-7&{query}", json.dumps(stk("ws_query", "UQ1")).encode()
    )
    second = ask(
        serving.base, "POST", f"/hooks/{KEY}/stk?%00a=b%00c&ref=%ff&x", json.dumps(stk("ws_query2", "UQ2")).encode()
    )
    assert (first.result, second.result) == ("accepted", "accepted")
    events = {event["receipt"]: event for event in serving.rows("events")}
    assert events["UQ1"]["account_reference"] == "INV-7"
    assert len(events["UQ1"]["context"]) == 16
    assert events["UQ2"]["context"] == {"a": "bc", "ref": "\ufffd", "x": ""}


def test_a_log_line_a_minute_counts_what_came(tmp_path: Path) -> None:
    with gateway(tmp_path / "counted", configuration(free_port(), "http://127.0.0.1:9")) as running:
        running.start()
        for body in (c2b("UA"), c2b("UA"), c2b("UA", amount="1.00"), b"{", {}):
            post(running, "c2b-confirmation", body)
        post(running, "stk", b"{", key=WRONG_KEY)
        ask(running.base, "GET", f"/hooks/{KEY}/stk")
        with connected(running.base) as wire:
            wire.send(request("POST", f"/hooks/{KEY}/stk", b"{}")[:-1])
        assert wait_until(lambda: said(running, "a request was cut off or too slow", hook=True))
        assert running.stop() == 0
        (told,) = [line for line in running.log_lines() if line["event"] == "requests"]
        counted = {name: told[name] for name in told.keys() - {"event", "level", "timestamp"}}
    assert counted == {
        "accepted": 1,
        "duplicate": 1,
        "conflict": 1,
        "unreadable": 1,
        "quarantined": 1,
        "not_found": 1,
        "wrong_method": 1,
        "cut_off": 1,
    }


def test_no_log_line_names_a_key_a_path_or_a_payer(serving: Gateway) -> None:
    """Comes last in this file, after everything that could have been logged."""
    body = c2b("USECRET", MSISDN="254700111222", FirstName="WANGARI", TransactionType="Something Else")
    assert post(serving, "c2b-confirmation", body).result == "accepted"
    assert post(serving, "c2b-confirmation", body | {"TransAmount": "1.00"}).result == "duplicate", (
        "attached in silence"
    )
    assert post(serving, "c2b-confirmation", body | {"TransAmount": "1,00"}).result == "quarantined"
    assert post(serving, "stk", stk("ws_CO_24112026101530123700111222", code=77)).result == "accepted"
    time.sleep(0.5)
    log = serving.log.read_text("utf-8")
    assert said(serving, "quarantined", reason="new_shape") > 0
    secrets = [KEY, TILL_KEY, FAR_KEY, SHUT_KEY, PUSH_KEY, CONFIRM_KEY, WRONG_KEY, "/hooks/"]
    payers = ["254700111222", "700111222", "WANGARI", "2547 ***** 126", "JOHN", "254708374149"]
    assert [word for word in secrets + payers if word in log] == []
    assert "Traceback" not in log
