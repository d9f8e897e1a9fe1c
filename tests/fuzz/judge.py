"""What has to hold of every body, whatever it is: for hypothesis, which makes bodies up, and for the fuzzer."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import fastjsonschema
from arrivals import KEY, callback, hooks, shortcode, stored_and_read
from declared import DECLARED, RECIPES, declared

from gateway import resources
from gateway.domain.received import Arrival, Quarantined, Question, Reason, Received
from gateway.domain.settled import Disposition, Stored
from gateway.pipeline.hooks import Hook
from gateway.pipeline.receive import receive
from gateway.pipeline.settle import settle
from gateway.providers import KINDS
from gateway.server.intake import answer_to

# A described kind whose signature is not looked at, and one that tells its time in a form of its own: what is made of a
# body is not seen behind a signature that nobody could guess.
_MORE = declared(
    {
        "unsigned": RECIPES["airtel-money"] | {"hmac": "off"},
        "mobipay": {
            "schema": {"type": "object", "required": ["id", "state"]},
            "identity": "id",
            "outcome": {"from": "state", "table": {"PAID": "succeeded", "DECLINED": "failed"}},
            "keys": {"receipt": "receipt"},
            "fields": {
                "amount": "money.value",
                "currency": "'UGX'",
                "receipt": "receipt",
                "shortcode": "account",
                "account_reference": "join('/', lines[].text)",
                "payer": {"msisdn": "customer.phone", "name": "customer.name"},
                "occurred_at": {"from": "at", "format": "%d/%m/%Y %H:%M", "timezone": "Africa/Kampala"},
            },
        },
    }
)
PROVIDERS = DECLARED | _MORE


def _hooks() -> dict[str, Hook]:
    opened = hooks(shortcode(), providers=PROVIDERS)
    return {kind: found for kind in (*KINDS, *PROVIDERS) if (found := opened.find(KEY, kind)) is not None}


HOOKS = _hooks()
MONEY_MOVED = {f"{family}.succeeded" for family in ("payment", "payout", "transfer", "tax", "reversal")}
_IS_AN_EVENT = fastjsonschema.compile(resources.schema("event.schema"))


def judge(kind: str, body: bytes) -> Received:
    """Nothing raises, nothing is lost, twice the same comes out twice, and no fact is made up. Return what it is."""
    made = callback(kind, body, context={"ref": "R"})
    hook = HOOKS[kind]
    first, second = receive(hook, made), receive(hook, made)
    assert first.callback.body == second.callback.body == body
    judge_answer(hook, first)
    if isinstance(first, Arrival):
        assert isinstance(second, Arrival)
        judge_arrival(first, second)
    else:
        assert first == second
    if isinstance(first, Quarantined):
        assert first.reason in _BY_ITS_BODY
        assert first.path.startswith("$")
        # A phone number has nine digits at least, wherever in the body it stands.
        assert not _LIKE_A_PHONE.search(first.detail)
    return first


# But for nines, which stand for digits.
_LIKE_A_PHONE = re.compile(r"(?!9{9})[0-9]{9}")
# What the bytes alone may be set aside for. `bug` is not among them: there is none yet.
_BY_ITS_BODY = {Reason.UNREADABLE, Reason.NEW_SHAPE, Reason.FOREIGN_SHORTCODE, Reason.SIGNATURE}


def judge_answer(hook: Hook, received: Received) -> None:
    said = answer_to(hook, received, None)
    told = json.loads(said.body)
    assert isinstance(told, dict)
    unreadable = isinstance(received, Quarantined) and received.reason is Reason.UNREADABLE
    asks = hook.kind is not None and hook.kind.question is not None
    assert said.status == (400 if unreadable and not asks else 200)


def judge_arrival(first: Arrival, second: Arrival) -> None:
    event, facts = first.event, first.facts
    assert (event, facts, first.facts_digest) == (second.event, second.facts, second.facts_digest)
    assert stored_and_read(first) == event
    _IS_AN_EVENT(event.as_dict(frozenset({"balances"})))
    # Other providers need not name an amount or a receipt.
    if event.kind in KINDS and event.type == "payment.succeeded":
        assert event.receipt
    if event.kind in KINDS and event.type in MONEY_MOVED:
        assert event.amount is not None
    written = set(_written(json.loads(first.callback.body.decode("utf-8-sig"), parse_float=Decimal)))
    if event.amount is not None:
        assert event.amount in {_number(each) for each in written}
        assert Decimal(event.as_dict()["amount"]) == event.amount >= 0
    assert event.receipt is None or event.receipt in written
    found = settle(Stored(first.callback.received_at), [first, second])
    assert [each.disposition for each in found] == [Disposition.ACCEPTED, Disposition.DUPLICATE]


def _written(document: Any) -> Iterator[str]:
    """Yield every text and number that stands in a document, as text."""
    if isinstance(document, dict):
        for each in document.values():
            yield from _written(each)
    elif isinstance(document, list):
        for each in document:
            yield from _written(each)
    elif isinstance(document, str | int | Decimal) and not isinstance(document, bool):
        yield str(document)


def _number(written: str) -> Decimal | None:
    try:
        return Decimal(written)
    except InvalidOperation:
        return None


def said_of(made: Received) -> str:
    """Return in a word what a body was taken for."""
    if isinstance(made, Quarantined):
        return made.reason.value
    return made.decision if isinstance(made, Question) else made.event.type
