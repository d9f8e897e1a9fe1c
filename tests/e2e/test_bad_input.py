"""Bad input over real sockets: nothing raises, nothing with the right key is lost, each gets the answer it ought to."""

import contextlib
import hashlib
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from gateway_process import COMMAND, KEY, Gateway, configuration, free_port, gateway
from simulated import c2b, stk
from strangers import (
    CONFIRM_KEY,
    ELSEWHERE,
    FAR_KEY,
    HERE,
    KIB_64,
    NOT_FOUND,
    PUSH_KEY,
    SHUT_KEY,
    SUCCESS,
    TILL_KEY,
    WRONG_KEY,
    counts,
    kept,
    names_nobody,
    padded,
    post,
    said,
    the_row,
    wait_until,
)
from wire import ask, connected, request

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
    assert said(serving, "quarantined", reason="new_shape") > 0
    names_nobody(serving)
