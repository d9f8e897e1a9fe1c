"""What ERPs really answer, what comes of it, and what the next attempt sends first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from erp_answers import (
    BLIND,
    CENTRAL,
    FRAPPE,
    NOT_THERE,
    ODOO,
    ODOO_18,
    PLAIN,
    SAP,
    TALLY,
    TRYTON,
    WEBHOOK,
    ZOHO,
    page,
    said,
    xml,
)

from adapters.http import HttpAdapter
from adapters.testing import Answer, MemoryProgress, Receiver, sample_event
from gateway.domain.delivery import AttemptResult

DELIVERED, DUPLICATE, RETRY, REJECTED, UNKNOWN = AttemptResult

# What the next attempt sends first; NEVER: nothing is sent again by itself.
SAME, FIND, NEVER = "POST", "GET", None

Make = Callable[..., HttpAdapter]


@dataclass(frozen=True)
class Row:
    """One answer to the request that books, and its outcome."""

    settings: Mapping[str, Any]
    answer: Answer
    result: AttemptResult
    reason: str
    then: str | None
    wait: int | None = None
    timeout: float = 30.0


ROWS: Mapping[str, Row] = {
    # Odoo 19, /json/2, load() with an external id.
    "odoo books": Row(ODOO, said({"ids": [1], "messages": []}), DELIVERED, "http_200", NEVER),
    "odoo refuses inside a 200": Row(
        ODOO,
        said({"ids": False, "messages": [{"type": "error", "field": "amount", "message": "'x' is no number"}]}),
        REJECTED,
        "not_success",
        NEVER,
    ),
    "odoo was busy inside a 200": Row(
        ODOO,
        said({"ids": False, "messages": [{"type": "error", "message": "could not serialize access due to ..."}]}),
        RETRY,
        "retry_when",
        SAME,
    ),
    "odoo answers nothing": Row(ODOO, Answer(200, body=b""), RETRY, "unreadable_answer", SAME),
    "odoo is in maintenance, with 200": Row(ODOO, page(200, "Maintenance"), RETRY, "unreadable_answer", SAME),
    "odoo does not know the key": Row(ODOO, said({"name": "werkzeug.Unauthorized"}, 401), REJECTED, "http_401", NEVER),
    "odoo wants other arguments": Row(
        ODOO, said({"name": "missing a required argument"}, 422), REJECTED, "http_422", NEVER
    ),
    "odoo is down behind its proxy": Row(ODOO, page(502, "Bad Gateway"), RETRY, "http_502", SAME),
    # Odoo 18, JSON-RPC without any predicate.
    "odoo 18 books": Row(
        ODOO_18, said({"jsonrpc": "2.0", "id": 1, "result": {"ids": [1]}}), DELIVERED, "http_200", NEVER
    ),
    "odoo 18 leaves out a void result": Row(ODOO_18, said({"jsonrpc": "2.0", "id": 1}), DELIVERED, "http_200", NEVER),
    "odoo 18 has an error member": Row(
        ODOO_18,
        said({"jsonrpc": "2.0", "id": 1, "error": {"code": 200, "message": "Odoo Server Error"}}),
        REJECTED,
        "jsonrpc_error",
        NEVER,
    ),
    "an error member that is null is none": Row(
        ODOO_18, said({"jsonrpc": "2.0", "id": 1, "result": 7, "error": None}), DELIVERED, "http_200", NEVER
    ),
    # Odoo's webhook: {"status": "ok"}, else 500 and 404.
    "odoo's webhook takes it": Row(WEBHOOK, said({"status": "ok"}), DELIVERED, "http_200", NEVER),
    "odoo's webhook fails": Row(WEBHOOK, said({"status": "error"}, 500), RETRY, "http_500", SAME),
    # ERPNext.
    "frappe books": Row(FRAPPE, said({"data": {"name": "PE-0001"}}), DELIVERED, "http_200", NEVER),
    "frappe has it: 409": Row(
        FRAPPE, said({"exception": "DuplicateEntryError: mpesa_receipt"}, 409), DUPLICATE, "duplicate_when", NEVER
    ),
    "frappe has it: 417": Row(
        FRAPPE, said({"exception": "UniqueValidationError: mpesa_receipt"}, 417), DUPLICATE, "duplicate_when", NEVER
    ),
    "frappe refuses: 417": Row(FRAPPE, said({"exception": "ValidationError: Party"}, 417), REJECTED, "http_417", NEVER),
    "frappe refuses: 403": Row(FRAPPE, said({"exception": "PermissionError"}, 403), REJECTED, "http_403", NEVER),
    "frappe limits: 429": Row(FRAPPE, said({}, 429, headers={"Retry-After": "90"}), RETRY, "http_429", SAME, wait=90),
    "frappe limits by a date long ago": Row(
        FRAPPE, said({}, 429, headers={"Retry-After": "Tue, 02 Jan 2024 00:00:00 GMT"}), RETRY, "http_429", SAME, wait=0
    ),
    "frappe limits for a month": Row(
        FRAPPE, said({}, 429, headers={"Retry-After": "2592000"}), RETRY, "http_429", SAME, wait=86_400
    ),
    "frappe breaks: 500": Row(FRAPPE, page(500, "Server Error"), UNKNOWN, "http_500", FIND, wait=30),
    # Tryton.
    "tryton books": Row(TRYTON, said({"id": 2, "state": "draft"}), DELIVERED, "http_200", NEVER),
    "tryton is locked: 423": Row(TRYTON, said({"message": "locked"}, 423), RETRY, "retry_when", SAME),
    "tryton knows no such field: a page with 500": Row(TRYTON, page(500, "Internal"), REJECTED, "reject_when", NEVER),
    "tryton limits log-ins: 429": Row(TRYTON, Answer(429), RETRY, "http_429", SAME),
    # Business Central.
    "central books: 201": Row(CENTRAL, said({"id": "5b0c"}, 201), DELIVERED, "http_201", NEVER),
    "central says 200 without an id": Row(CENTRAL, said({"value": []}), REJECTED, "not_success", NEVER),
    "central limits with a wait": Row(
        CENTRAL, said({"error": {"code": "429"}}, 429, headers={"Retry-After": "60"}), RETRY, "http_429", SAME, wait=60
    ),
    "central is unavailable: 503": Row(CENTRAL, Answer(503), UNKNOWN, "http_503", FIND, wait=30),
    # SAP Business One.
    "sap books: 201": Row(SAP, said({"DocEntry": 17}, 201), DELIVERED, "http_201", NEVER),
    "sap refuses": Row(
        SAP,
        said({"error": {"code": -5002, "message": {"value": "No matching records"}}}, 400),
        REJECTED,
        "http_400",
        NEVER,
    ),
    "sap has forgotten the session": Row(SAP, said({"error": {"code": 301}}, 401), REJECTED, "http_401", NEVER),
    # Zoho.
    "zoho books": Row(ZOHO, said({"code": 0, "payment": {"payment_id": "9"}}, 201), DELIVERED, "http_201", NEVER),
    "zoho refuses inside a 201": Row(
        ZOHO, said({"code": 24016, "message": "amount"}, 201), REJECTED, "not_success", NEVER
    ),
    # Tally: 200 whatever happened.
    "tally books": Row(
        TALLY, xml("<RESPONSE><CREATED>1</CREATED><ALTERED>0</ALTERED></RESPONSE>"), DELIVERED, "http_200", NEVER
    ),
    "tally has it": Row(
        TALLY, xml("<RESPONSE><CREATED>0</CREATED><ALTERED>1</ALTERED></RESPONSE>"), DUPLICATE, "duplicate_when", NEVER
    ),
    "tally refuses": Row(
        TALLY,
        xml("<RESPONSE><CREATED>0</CREATED><LINEERROR>Ledger 'M-Pesa' does not exist!</LINEERROR></RESPONSE>"),
        REJECTED,
        "reject_when",
        NEVER,
    ),
    "tally refuses twice": Row(
        TALLY,
        xml("<RESPONSE><LINEERROR>a</LINEERROR><LINEERROR>b</LINEERROR></RESPONSE>"),
        REJECTED,
        "reject_when",
        NEVER,
    ),
    "tally breaks off inside its XML": Row(TALLY, xml("<RESPONSE><CREATED>1</CRE"), RETRY, "unreadable_answer", SAME),
    # Any of them.
    "the answer is cut off in the middle": Row(
        FRAPPE,
        Answer(200, body=b'{"data": {"name": "PE-0001"}}', cut="middle"),
        UNKNOWN,
        "connection_cut",
        FIND,
        wait=30,
    ),
    "the connection is cut before the answer": Row(
        FRAPPE, Answer(cut="before"), UNKNOWN, "connection_cut", FIND, wait=30
    ),
    "no answer in time": Row(FRAPPE, Answer(delay=60), UNKNOWN, "timeout", FIND, timeout=0.3),
    "half a JSON text, whole to HTTP": Row(
        CENTRAL, Answer(201, body=b'{"id": "5b'), UNKNOWN, "unreadable_answer", FIND, wait=30
    ),
    "an empty 200 where an id is to be saved": Row(
        FRAPPE, Answer(200, body=b""), UNKNOWN, "unreadable_answer", FIND, wait=30
    ),
    "a log-in page with 200": Row(FRAPPE, page(200, "Login"), UNKNOWN, "unreadable_answer", FIND, wait=30),
    "a redirect to a log-in": Row(
        FRAPPE, Answer(302, headers={"Location": "https://erp.duka.example/login"}), REJECTED, "redirect", NEVER
    ),
    "garbage": Row(FRAPPE, Answer(garbage=b"lp0 on fire\r\n\r\n"), UNKNOWN, "bad_answer", FIND, wait=30),
    "a plain one repeats after 500": Row(PLAIN, page(500, "Server Error"), RETRY, "http_500", SAME),
    "a plain one repeats after a cut": Row(PLAIN, Answer(cut="before"), RETRY, "connection_cut", SAME),
    "a plain one takes an empty 200": Row(PLAIN, Answer(200, body=b""), DELIVERED, "http_200", NEVER),
    "too early: 425": Row(PLAIN, Answer(425), RETRY, "http_425", SAME),
    "too slow: 408": Row(PLAIN, Answer(408), RETRY, "http_408", SAME),
    "without anything that looks, 500 is unknown": Row(BLIND, page(500, "Server Error"), UNKNOWN, "http_500", NEVER),
    "without anything that looks, 429 is a retry": Row(BLIND, Answer(429), RETRY, "http_429", SAME),
}


class Moving:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.mark.parametrize("name", ROWS)
def test_an_answer_its_outcome_and_what_is_sent_next(name: str, receiver: Receiver, make_http: Make) -> None:
    row, clock, progress = ROWS[name], Moving(), MemoryProgress()
    looks_at_first = [NOT_THERE] if "find" in [step["name"] for step in row.settings.get("steps", ())] else []
    receiver.script(*looks_at_first, row.answer)
    adapter = make_http(receiver.url, clock=clock, **{**row.settings, "timeout": timedelta(seconds=row.timeout)})
    assert adapter.check() == ()

    verdict = adapter.deliver(sample_event(), progress)

    assert (verdict.result, verdict.reason) == (row.result, row.reason)
    wait = row.timeout if row.then == FIND else row.wait
    assert verdict.retry_after == (None if wait is None else timedelta(seconds=wait))
    assert verdict.looks_first is (row.then == FIND)
    ends = verdict.result in (DELIVERED, DUPLICATE, REJECTED) or (verdict.result is UNKNOWN and not verdict.looks_first)
    assert ends is (row.then is NEVER)
    if row.then is not NEVER:
        sent = len(receiver.wait_for(len(looks_at_first) + 1))
        progress.settle(verdict)
        clock.now += timedelta(seconds=row.timeout)
        adapter.deliver(sample_event(), progress)
        assert receiver.wait_for(sent + 1)[sent].method == row.then


def _answered(row: Row) -> str:
    """Return an answer in a few words, as the documents show it."""
    answer = row.answer
    if answer.garbage is not None:
        return "no HTTP at all"
    if answer.delay > row.timeout:
        return "nothing in time"
    if answer.cut == "before":
        return "the connection is cut"
    body = " ".join(answer.body.decode().split()).replace("|", "\\|")
    shown = f" `{body[:110]}{'...' if len(body) > 110 else ''}`" if answer.body not in (b"", b"ok") else ""
    asks = answer.headers.get("Retry-After")
    return f"{answer.status}{shown}{f', Retry-After {asks}' if asks else ''}{', cut off' if answer.cut else ''}"


_THEN = {SAME: "the same request", FIND: "the look-up", NEVER: "none"}


def _line(name: str, row: Row) -> str:
    wait = row.timeout if row.then == FIND else row.wait
    after = f", {wait:g} s later at the earliest" if wait else ""
    dead = ": a dead letter" if row.then is NEVER and row.result in (REJECTED, UNKNOWN) else ""
    return f"| {name} | {_answered(row)} | {row.result.value} (`{row.reason}`) | {_THEN[row.then]}{after}{dead} |"


def test_the_documents_show_this_table() -> None:
    page_of_answers = (Path(__file__).parents[2] / "docs/answers.md").read_text("utf-8").splitlines()
    shown = [line for line in page_of_answers if line.startswith("| ")][1:]
    assert shown == [_line(name, row) for name, row in ROWS.items()]


def test_there_are_enough_rows_and_every_result_has_some() -> None:
    assert len(ROWS) >= 25
    assert {row.result for row in ROWS.values()} == set(AttemptResult)


def test_the_erps_own_words_are_kept_with_a_refusal(receiver: Receiver, make_http: Make) -> None:
    receiver.script(xml("<RESPONSE><LINEERROR>Ledger 'M-Pesa' does not exist!</LINEERROR></RESPONSE>"))
    verdict = make_http(receiver.url, **TALLY).deliver(sample_event(), MemoryProgress())
    assert "Ledger 'M-Pesa' does not exist!" in (verdict.answer or "")
    assert verdict.detail == "127.0.0.1 answered 200 OK, and `reject_when` says that it refuses."


def test_an_answer_too_long_to_be_read_whole_is_no_success(receiver: Receiver, make_http: Make) -> None:
    receiver.script(said({"ids": [1], "filler": "x" * 2_000_000}))
    verdict = make_http(receiver.url, **ODOO).deliver(sample_event(), MemoryProgress())
    assert (verdict.result, verdict.reason) == (RETRY, "unreadable_answer")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"<a>" * 5_000,
        b'<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>',
        b"\xff\xfe",
        b"NaN",
    ],
)
def test_no_answer_is_too_odd_to_be_read(body: bytes, receiver: Receiver, make_http: Make) -> None:
    receiver.script(Answer(200, body=body))
    verdict = make_http(receiver.url, **TALLY).deliver(sample_event(), MemoryProgress())
    assert verdict.result in (RETRY, REJECTED)
