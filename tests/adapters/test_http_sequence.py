"""Steps: what is committed when, where the next attempt begins, and that nothing is ever booked twice."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from erp_answers import NOT_THERE, THERE, Books, said

from adapters.http import HttpAdapter
from adapters.testing import Answer, MemoryProgress, Receiver, sample_event
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.errors import StoreUnavailable
from gateway.domain.event import Party

DELIVERED, DUPLICATE, RETRY, REJECTED, UNKNOWN = AttemptResult
TIMEOUT = timedelta(seconds=10)

STEPS: list[Mapping[str, Any]] = [
    {
        "name": "find",
        "get": "/moves",
        "query": {"ref": "{{ receipt }}"},
        "save": {"move": "body.data[0].id", "state": "body.data[0].state"},
    },
    {
        "name": "create",
        "unless": "move",
        "post": "/moves",
        "body": {"ref": "{{ receipt }}"},
        "save": {"move": "body.id"},
    },
    {"name": "post", "unless": "state == 'posted'", "post": "/moves/{{ move }}/post", "body": {}},
]
FOUND = said({"data": [{"id": 7, "state": "draft"}]})
POSTED = said({"data": [{"id": 7, "state": "posted"}]})

Make = Callable[..., HttpAdapter]


class Moving:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Shop:
    """A destination with steps, a receiver behind it, and one delivery."""

    def __init__(self, receiver: Receiver, make: Make) -> None:
        self.receiver, self.clock, self.progress = receiver, Moving(), MemoryProgress()
        self._make = make
        self.settings: dict[str, Any] = {"steps": STEPS, "timeout": TIMEOUT}

    def attempt(self, *answers: Answer, after: timedelta = timedelta(0), **changes: Any) -> Verdict:
        """Make the next attempt, so long after the last, with these answers; return what came of it."""
        self.clock.now += after
        self.receiver.script(*answers)
        verdict = self._make(self.receiver.url, clock=self.clock, **{**self.settings, **changes}).deliver(
            sample_event(), self.progress
        )
        self.progress.settle(verdict)
        return verdict

    def sent(self) -> list[str]:
        """Return what was sent since it was asked last, as "POST /moves"."""
        lines = [f"{one.method} {one.path.partition('?')[0]}" for one in self.receiver.requests]
        self.receiver.requests.clear()
        return lines


@pytest.fixture
def shop(receiver: Receiver, make_http: Make) -> Shop:
    return Shop(receiver, make_http)


def test_all_steps_in_order_each_committed_before_the_next(shop: Shop) -> None:
    seen: list[tuple[str, int]] = []

    class Watching(MemoryProgress):
        def begin(self, step: str) -> None:
            seen.append((f"begin {step}", len(shop.receiver.requests)))
            super().begin(step)

        def save(self, values: Mapping[str, Any]) -> None:
            seen.append(("save", len(shop.receiver.requests)))
            super().save(values)

    shop.progress = Watching()
    verdict = shop.attempt(NOT_THERE, said({"id": 7}), said({}))
    assert (verdict.result, verdict.reason) == (DELIVERED, "http_200")
    assert seen == [("save", 1), ("begin create", 1), ("save", 2), ("begin post", 2)]
    assert shop.progress.saved["move"] == 7
    assert [(step.name, step.decision, step.saved) for step in verdict.steps] == [
        ("find", "delivered", ()),
        ("create", "delivered", ("move",)),
        ("post", "delivered", ()),
    ]
    assert shop.sent() == ["GET /moves", "POST /moves", "POST /moves/7/post"]


def test_every_step_has_a_key_of_its_own_and_the_events_id(shop: Shop) -> None:
    shop.attempt(NOT_THERE, said({"id": 7}), said({}))
    event = sample_event()
    assert [one.headers["idempotency-key"] for one in shop.receiver.requests] == [
        f"{event.id}:erp:{name}" for name in ("find", "create", "post")
    ]
    assert {one.headers["webhook-id"] for one in shop.receiver.requests} == {event.id}


def test_what_is_there_already_is_a_duplicate_and_nothing_is_written(shop: Shop) -> None:
    verdict = shop.attempt(POSTED)
    assert (verdict.result, verdict.reason) == (DUPLICATE, "found")
    assert [step.decision for step in verdict.steps] == ["delivered", "skipped", "skipped"]
    assert shop.sent() == ["GET /moves"]


def test_a_restart_goes_on_at_the_step_reached(shop: Shop) -> None:
    assert shop.attempt(NOT_THERE, said({"id": 7}), Answer(429)).result is RETRY
    shop.sent()
    assert shop.attempt(said({}), after=timedelta(seconds=5)).result is DELIVERED
    assert shop.sent() == ["POST /moves/7/post"]


def test_what_was_found_long_ago_is_looked_for_again(shop: Shop) -> None:
    """A person may have entered the payment by hand meanwhile."""
    assert shop.attempt(NOT_THERE, Answer(429)).result is RETRY
    shop.sent()
    verdict = shop.attempt(POSTED, after=timedelta(hours=2))
    assert (verdict.result, shop.sent()) == (DUPLICATE, ["GET /moves"])


def test_a_refusal_is_looked_at_anew_when_it_is_replayed(shop: Shop) -> None:
    assert shop.attempt(NOT_THERE, said({"message": "no such customer"}, 400)).result is REJECTED
    shop.sent()
    verdict = shop.attempt(POSTED, after=timedelta(seconds=2))
    assert (verdict.result, shop.sent()) == (DUPLICATE, ["GET /moves"])


@pytest.mark.parametrize(
    "lost", [Answer(cut="before"), Answer(500), Answer(200, body=b"")], ids=["cut", "500", "empty"]
)
def test_a_lost_answer_goes_back_to_the_find_step(lost: Answer, shop: Shop) -> None:
    verdict = shop.attempt(NOT_THERE, lost)
    assert (verdict.result, verdict.looks_first, verdict.retry_after) == (UNKNOWN, True, TIMEOUT)
    assert verdict.detail.endswith(" It may have arrived: the next attempt asks the step find first.")
    shop.sent()
    verdict = shop.attempt(FOUND, said({}), after=TIMEOUT)
    assert (verdict.result, shop.sent()) == (DELIVERED, ["GET /moves", "POST /moves/7/post"])


def test_what_had_arrived_whole_is_delivered_not_a_duplicate(shop: Shop) -> None:
    shop.attempt(NOT_THERE, said({"id": 7}), Answer(cut="before"))
    verdict = shop.attempt(POSTED, after=TIMEOUT)
    assert (verdict.result, shop.progress.saved["move"]) == (DELIVERED, 7)


def test_what_is_not_found_at_once_is_looked_for_once_more_before_it_is_sent_again(shop: Shop) -> None:
    """After a crash the destination may still be at work on it: an absence seen at once proves nothing."""
    shop.progress = MemoryProgress(open_step="create")
    verdict = shop.attempt(NOT_THERE)
    assert (verdict.result, verdict.reason, verdict.retry_after) == (UNKNOWN, "not_yet_there", TIMEOUT)
    assert verdict.looks_first
    assert shop.attempt(NOT_THERE, said({"id": 7}), said({}), after=TIMEOUT).result is DELIVERED
    assert shop.sent() == ["GET /moves", "GET /moves", "POST /moves", "POST /moves/7/post"]


def test_an_open_step_is_not_forgotten_while_the_find_step_fails(shop: Shop) -> None:
    """Any other end of the attempt closes the open step in the store; the step was then sent blindly."""
    shop.progress = MemoryProgress(open_step="create")
    assert shop.attempt(Answer(503)).result is RETRY
    shop.sent()
    assert shop.attempt(FOUND, said({}), after=timedelta(seconds=1)).result is DELIVERED
    assert shop.sent() == ["GET /moves", "POST /moves/7/post"]


def test_a_step_that_has_written_is_never_sent_again(shop: Shop) -> None:
    shop.attempt(NOT_THERE, said({"id": 7}), Answer(cut="before"))
    shop.sent()
    # The ERP's search does not know it yet.
    assert shop.attempt(NOT_THERE, said({}), after=TIMEOUT).result is DELIVERED
    assert shop.sent() == ["GET /moves", "POST /moves/7/post"]


def test_without_a_find_step_an_open_step_is_left_to_a_person(shop: Shop) -> None:
    shop.settings["steps"] = [STEPS[1] | {"name": "create", "unless": "receipt is none"}]
    verdict = shop.attempt(Answer(cut="before"))
    assert (verdict.result, verdict.reason, verdict.looks_first) == (UNKNOWN, "connection_cut", False)
    verdict = shop.attempt(after=TIMEOUT)
    assert (verdict.result, verdict.reason, shop.sent()) == (UNKNOWN, "open_step", ["POST /moves"])


def test_a_step_that_nothing_keeps_from_being_sent_twice_is_left_to_a_person(shop: Shop) -> None:
    shop.settings["steps"] = [STEPS[0], {"name": "create", "post": "/moves", "body": {}}]
    verdict = shop.attempt(NOT_THERE, Answer(cut="before"))
    assert (verdict.result, verdict.looks_first) == (UNKNOWN, False)


def test_a_duplicate_that_the_destination_knows_is_no_way_to_look(shop: Shop) -> None:
    """`duplicate_when` of the destination made any read look like a find step, and create was sent blindly again."""
    shop.settings["steps"] = [
        {"name": "customer", "get": "/c", "save": {"c": "body.id"}},
        {"name": "create", "post": "/moves"},
    ]
    verdict = shop.attempt(said({"id": 1}), Answer(cut="before"), duplicate_when="status == `409`")
    assert (verdict.result, verdict.looks_first) == (UNKNOWN, False)


def test_two_reads_and_the_second_tells_whether_it_is_there(shop: Shop) -> None:
    customer = {"name": "customer", "get": "/c", "save": {"c": "body.id"}}
    shop.settings["steps"] = [customer, STEPS[0], {**STEPS[1], "body": {"c": "{{ c }}"}}]
    verdict = shop.attempt(said({"id": 1}), NOT_THERE, Answer(cut="before"))
    assert (verdict.result, verdict.looks_first) == (UNKNOWN, True)
    shop.sent()
    assert shop.attempt(said({"id": 1}), FOUND, after=TIMEOUT).result is DELIVERED
    assert shop.sent() == ["GET /c", "GET /moves"]


def test_a_wait_that_is_asked_for_is_kept_where_it_is_unknown_too(shop: Shop) -> None:
    assert shop.attempt(NOT_THERE, Answer(503, headers={"Retry-After": "120"})).retry_after == timedelta(minutes=2)


def test_a_plain_url_that_saves_is_sent_again_when_a_person_asks(receiver: Receiver, make_http: Make) -> None:
    progress = MemoryProgress()
    adapter = make_http(receiver.url, save={"erp_id": "body.id"})
    receiver.script(said({"id": 7}), said({"id": 8}))
    assert [adapter.deliver(sample_event(), progress).result for _ in range(2)] == [DELIVERED, DELIVERED]
    assert (progress.saved["erp_id"], len(receiver.requests)) == (8, 2)


def test_half_a_surrogate_pair_in_an_address_is_no_fault_of_ours(receiver: Receiver, make_http: Make) -> None:
    adapter = make_http(receiver.url, query={"n": "{{ payer.name }}"}, body={"n": "{{ payer.name }}"})
    assert adapter.deliver(sample_event(payer=Party(name="a\ud83d")), MemoryProgress()).result is DELIVERED
    assert receiver.requests[0].path == "/?n=a%3F"


def test_a_number_that_cannot_be_kept_is_no_tree(shop: Shop) -> None:
    """1e999 became infinite after the payment was created, and the adapter failed on it."""
    verdict = shop.attempt(NOT_THERE, Answer(200, body=b'{"id": 1e999}'))
    assert (verdict.result, verdict.reason, verdict.looks_first) == (UNKNOWN, "unreadable_answer", True)


def test_an_idempotent_step_is_simply_repeated(shop: Shop) -> None:
    shop.settings["steps"] = [{"name": "create", "post": "/moves", "body": {}, "idempotent": True}]
    assert shop.attempt(Answer(cut="before")).result is RETRY
    assert shop.attempt(said({})).result is DELIVERED
    assert shop.progress.log == []


def test_no_connection_is_always_tried_again(shop: Shop, make_http: Make) -> None:
    progress = MemoryProgress()
    steps = [{"name": "create", "post": "/moves", "body": {}}]
    verdict = make_http("http://127.0.0.1:9", steps=steps).deliver(sample_event(), progress)
    assert (verdict.result, verdict.reason) == (RETRY, "no_connection")


def test_the_find_step_may_be_a_post_and_end_everything(shop: Shop) -> None:
    find = {
        "name": "find",
        "find": True,
        "post": "/search",
        "body": {"ref": "{{ receipt }}"},
        "duplicate_when": "body.ids",
    }
    shop.settings["steps"] = [find, {"name": "create", "post": "/moves", "body": {}}]
    verdict = shop.attempt(said({"ids": []}), Answer(cut="before"))
    assert (verdict.result, verdict.looks_first) == (UNKNOWN, True)
    verdict = shop.attempt(said({"ids": [7]}), after=TIMEOUT)
    assert (verdict.result, verdict.reason) == (DELIVERED, "found")
    assert [call for call in shop.progress.log if call[0] == "begin"] == [("begin", "create")]


def test_a_find_that_cannot_tell_writes_nothing(shop: Shop) -> None:
    """A notice of maintenance was taken for 'not there', and the payment was created twice."""
    verdict = shop.attempt(Answer(200, body=b"<html><body>Back soon</body></html>"))
    assert (verdict.result, verdict.reason, shop.sent()) == (RETRY, "unreadable_answer", ["GET /moves"])


def test_a_renamed_step_that_may_have_arrived_is_still_looked_for(shop: Shop) -> None:
    shop.attempt(NOT_THERE, Answer(cut="before"))
    shop.sent()
    renamed = [STEPS[0], {**STEPS[1], "name": "book"}, STEPS[2]]
    assert shop.attempt(POSTED, after=TIMEOUT, steps=renamed).result is DELIVERED
    assert shop.sent() == ["GET /moves"]


def test_a_find_step_taken_away_leaves_what_may_have_arrived_to_a_person(shop: Shop) -> None:
    shop.attempt(NOT_THERE, Answer(cut="before"))
    without = [{**STEPS[1], "unless": "receipt is none"}]
    assert shop.attempt(after=TIMEOUT, steps=without).reason == "open_step"
    assert shop.progress.open_step == "create"
    # A replay closes the step: whoever asks for one has looked.
    shop.progress.open_step = None
    shop.sent()
    assert shop.attempt(said({"id": 7}), steps=without).result is DELIVERED


def test_a_replay_uses_the_mended_mapping_and_what_was_saved(shop: Shop) -> None:
    assert shop.attempt(NOT_THERE, said({"id": 7}), said({}, 422)).result is REJECTED
    shop.sent()
    mended = [*STEPS[:2], {**STEPS[2], "body": {"now": "{{ receipt }}"}}]
    assert shop.attempt(FOUND, said({}), steps=mended).result is DELIVERED
    assert json.loads(shop.receiver.requests[-1].body) == {"now": "UC2A1B2C3D"}


def test_faulty_steps_send_nothing_and_wait(shop: Shop) -> None:
    verdict = shop.attempt(steps=[{"name": "create", "post": "/moves", "body": "{{ recipt }}"}])
    assert (verdict.result, verdict.reason, shop.sent()) == (RETRY, "faulty_settings", [])


@pytest.mark.parametrize("sent_as", [{"steps": STEPS}, {"body": {"ref": "{{ receipt }}"}}, {"raw": True}])
@pytest.mark.parametrize(
    ("event", "takes"),
    [
        ({}, True),
        ({"receipt": None}, False),
        ({"type": "payment.failed"}, False),
        ({"type": "payout.succeeded"}, False),
    ],
)
def test_an_event_that_the_destination_is_not_for_is_refused_before_anything_is_sent(
    event: dict[str, Any], takes: bool, sent_as: dict[str, Any], shop: Shop, make_http: Make
) -> None:
    adapter = make_http(shop.receiver.url, requires="receipt and type == 'payment.succeeded'", **sent_as)
    verdict, preview = adapter.deliver(sample_event(**event), MemoryProgress()), adapter.preview(sample_event(**event))
    assert (verdict.reason != "requires") is takes
    assert bool(shop.sent()) is takes
    if not takes:
        assert verdict.result is REJECTED
        assert "(receipt and type == 'payment.succeeded'); nothing was sent." in verdict.detail
        assert [each.body for each in preview] == [verdict.detail]


def test_a_step_that_requires_what_is_not_so_is_a_dead_letter(shop: Shop) -> None:
    """A look-up that finds somebody else's payment cannot be trusted to tell that this one is not there."""
    find = {"name": "find", "get": "/moves", "save": {"found": "body.data[].ref"}}
    create = {"name": "create", "unless": "receipt in found", "requires": "not found", "post": "/moves", "body": {}}
    shop.settings["steps"] = [find, create]
    verdict = shop.attempt(said({"data": [{"ref": "another's"}]}))
    assert (verdict.result, verdict.reason, shop.sent()) == (REJECTED, "requires", ["GET /moves"])
    assert verdict.detail == "The step create requires (not found); it was not sent."
    # A person looks, mends it and replays.
    assert shop.attempt(said({"data": [{"ref": sample_event().receipt}]})).result is DUPLICATE
    assert shop.sent() == ["GET /moves"]


def test_what_is_required_is_asked_of_the_event_alone(make_http: Make) -> None:
    (found,) = make_http("https://erp.example", requires="receipt and not move", steps=STEPS).check()
    assert "takes the name 'move', which there is not" in found


@pytest.mark.parametrize("reference", [None, "", "..", "."])
def test_a_part_of_an_address_that_is_nothing_or_dots_is_refused(
    reference: str | None, shop: Shop, make_http: Make
) -> None:
    steps = [{"name": "create", "post": "/customers/{{ account_reference }}/payments"}]
    adapter = make_http(shop.receiver.url, steps=steps)
    verdict = adapter.deliver(sample_event(account_reference=reference), MemoryProgress())
    assert (verdict.result, verdict.reason, shop.sent()) == (REJECTED, "cannot_render", [])


@pytest.mark.parametrize(
    ("url", "path", "arrives"),
    [
        ("", "", "/"),
        ("/api", "", "/api"),
        ("/api/", "", "/api/"),
        ("/api?db=duka", "?a=1", "/api?db=duka&a=1"),
        ("/api/", "/moves", "/api/moves"),
        ("/api", "moves", "/api/moves"),
        ("/api?db=duka", "/moves?a=1", "/api/moves?db=duka&a=1"),
        ("/api", "/", "/api/"),
    ],
)
def test_a_path_stands_behind_the_url(url: str, path: str, arrives: str, receiver: Receiver, make_http: Make) -> None:
    make_http(receiver.url + url, steps=[{"name": "a", "get": path}]).deliver(sample_event(), MemoryProgress())
    assert receiver.requests[0].path == arrives


def test_what_a_payer_types_stays_in_its_place(shop: Shop, make_http: Make) -> None:
    steps = [
        {
            "name": "create",
            "put": "/customers/{{ account_reference }}",
            "query": {"$filter": "name eq '{{ payer.name }}'", "none": "{{ supersedes }}", "many": "{{ ['a', 'b'] }}"},
            "headers": {"X-None": "{{ supersedes }}", "X-Amount": "{{ amount }}"},
            "xml": "<a b='{{ payer.name }}'>{{ account_reference | xml }}</a>",
        }
    ]
    event = sample_event(account_reference="../x?y=1&z#<", payer=Party(msisdn="254712345678", name="A&B '<c>"))
    make_http(shop.receiver.url + "/api?db=duka", steps=steps).deliver(event, MemoryProgress())
    (request,) = shop.receiver.requests
    assert request.path == (
        "/api/customers/..%2Fx%3Fy%3D1%26z%23%3C?db=duka&$filter=name%20eq%20%27A%26B%20%27%3Cc%3E%27&many=a&many=b"
    )
    assert request.body == b"<a b='A&amp;B &apos;&lt;c&gt;'>../x?y=1&amp;z#&lt;</a>"
    assert (request.headers["x-amount"], "x-none" in request.headers) == ("1500.00", False)
    assert request.headers["content-type"] == "application/xml; charset=utf-8"


@pytest.mark.parametrize("name", ["a\r\nX-Evil: 1", "Wanjikũ"])
def test_a_header_that_cannot_carry_its_value_is_refused(name: str, shop: Shop, make_http: Make) -> None:
    adapter = make_http(shop.receiver.url, headers={"X-Name": "{{ payer.name }}"})
    verdict = adapter.deliver(sample_event(payer=Party(name=name)), MemoryProgress())
    assert (verdict.result, verdict.reason, shop.sent()) == (REJECTED, "cannot_render", [])
    assert name not in verdict.detail


BODIES = [
    ({"body": {"n": "{{ amount | number }}", "none": "{{ supersedes }}", "list": ["{{ ['x', 1] }}", 8, True, None]}},
     b'{"n":1500.00,"none":null,"list":[["x",1],8,true,null]}', "application/json"),
    ({"body": "{{ ids }}", "content_type": "application/vnd.erp+json"},
     b'{"merchant_request_id":null,"checkout_request_id":null,"conversation_id":null,"originator_conversation_id":null}',
     "application/vnd.erp+json"),
    ({"body": []}, b"[]", "application/json"),
    ({"form": {"to": "{{ payer.msisdn }}", "text": "Paid {{ amount }} & thanks", "none": "{{ supersedes }}", "n": 7}},
     b"to=254712345678&text=Paid+1500.00+%26+thanks&n=7", "application/x-www-form-urlencoded"),
    ({"text": "{{ receipt }};{{ amount }}", "content_type": "text/csv"}, b"UC2A1B2C3D;1500.00", "text/csv"),
    ({"method": "PUT", "body": {"a": "b"}}, b'{"a":"b"}', "application/json"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "body", "content_type"), BODIES)
def test_bodies_of_ones_own(
    settings: dict[str, Any], body: bytes, content_type: str, receiver: Receiver, make_http: Make
) -> None:
    adapter = make_http(receiver.url + "/x", **settings)
    assert adapter.check() == ()
    adapter.deliver(sample_event(), MemoryProgress())
    (request,) = receiver.requests
    assert (request.method, request.body) == (settings.get("method", "POST"), body)
    assert (request.headers["content-type"], request.headers["content-length"]) == (content_type, str(len(body)))
    assert request.headers["idempotency-key"] == sample_event().id


def test_the_whole_event_inside_a_body(receiver: Receiver, make_http: Make) -> None:
    make_http(receiver.url, body={"event": "{{ event }}"}).deliver(sample_event(), MemoryProgress())
    assert json.loads(receiver.requests[0].body) == {"event": sample_event().as_dict()}


def test_a_get_sends_no_body(receiver: Receiver, make_http: Make) -> None:
    make_http(receiver.url + "/sms", method="GET", query={"to": "{{ payer.msisdn | msisdn('plus') }}"}).deliver(
        sample_event(), MemoryProgress()
    )
    (request,) = receiver.requests
    assert (request.method, request.path, request.body) == ("GET", "/sms?to=%2B254712345678", b"")
    assert {"content-type", "content-length"} & set(request.headers) == set()


def test_more_than_can_be_kept_is_refused_and_the_step_is_not_repeated(shop: Shop) -> None:
    shop.settings["steps"] = [STEPS[0], {**STEPS[1], "save": {"move": "body"}}]
    verdict = shop.attempt(NOT_THERE, said({"x": "y" * 20_000}))
    assert (verdict.result, verdict.reason) == (REJECTED, "save_too_large")
    shop.sent()
    verdict = shop.attempt()
    assert (verdict.result, verdict.reason, shop.sent()) == (DELIVERED, "done", [])


def test_the_trace_names_nothing_of_the_payers(shop: Shop) -> None:
    steps = [
        {
            "name": "create",
            "post": "/c/{{ account_reference }}",
            "query": {"to": "{{ payer.msisdn }}", "r": "{{ receipt }}"},
        }
    ]
    (trace,) = shop.attempt(said({}), steps=steps).steps
    assert trace.request == (
        f"POST {shop.receiver.url}/c/{{{{ account_reference }}}}?to={{{{ payer.msisdn }}}}&r=UC2A1B2C3D"
    )


class Killed(Exception):
    """The process is gone."""


class Mortal(MemoryProgress):
    """Progress of a process that is killed right before or after its n-th commit."""

    def __init__(self, kept: MemoryProgress, at: int, *, after: bool) -> None:
        super().__init__(kept.attempt, kept.open_step, kept.saved)
        self._left, self._after = at, after

    def begin(self, step: str) -> None:
        self._commit(lambda: super(Mortal, self).begin(step))

    def save(self, values: Mapping[str, Any]) -> None:
        self._commit(lambda: super(Mortal, self).save(values))

    def _commit(self, write: Callable[[], None]) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        write()
        if self._left == 0:
            raise Killed


def fates() -> Iterator[tuple[int, bool, tuple[int, ...]]]:
    """Every commit at which we may die, before and after it, and every pair of answers that may be lost."""
    for lost in [(), (1,), (2,), (3,), (2, 3), (2, 4), (3, 4), (2, 3, 4)]:
        for at in range(6):
            yield from ((at, after, lost) for after in (False, True))


@pytest.mark.parametrize(("at", "after", "lost"), list(fates()))
def test_whatever_breaks_it_is_booked_once(at: int, after: bool, lost: tuple[int, ...], shop: Shop) -> None:
    books = Books(shop.receiver)
    books.lose = set(lost)
    shop.progress = Mortal(shop.progress, at, after=after)
    verdict = None
    for _ in range(12):
        try:
            verdict = shop.attempt(after=timedelta(seconds=11))
        except Killed:
            shop.progress = Mortal(shop.progress, 0, after=False)
            continue
        if verdict.result in (DELIVERED, DUPLICATE, REJECTED):
            break
    assert verdict is not None
    assert verdict.result in (DELIVERED, DUPLICATE), verdict
    assert books.entries == [{"id": 1, "state": "posted"}]


def test_a_fault_of_the_store_between_steps_sends_nothing_more(shop: Shop) -> None:
    class Failing(MemoryProgress):
        def begin(self, step: str) -> None:
            raise StoreUnavailable(f"disk full at {step}")

    shop.progress = Failing()
    with pytest.raises(StoreUnavailable):
        shop.attempt(NOT_THERE)
    assert shop.sent() == ["GET /moves"]


def test_there_is_something_there() -> None:
    """The answers used above are what they are called."""
    assert json.loads(THERE.body)["data"]
    assert json.loads(NOT_THERE.body)["data"] == []
