"""The `Result` envelope that B2C, B2Pochi, B2B, tax, reversal, status and balance share (Daraja pages of each).

A callback is told apart by ConversationID and OriginatorConversationID together, never by TransactionID: failures
carry a placeholder there that many share. ResultType 1 announces further messages and is not final.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.domain.event import Ids, ResultCode
from gateway.domain.facts import Facts, PaymentKey
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind, NewShape, Path, json_path
from gateway.providers.mpesa import parameters
from gateway.providers.mpesa.balances import read
from gateway.providers.mpesa.codes import outcome_of
from gateway.providers.mpesa.families import FAMILIES
from gateway.providers.mpesa.fields import SUCCESS, amount, code, identifier, moment, text
from gateway.providers.mpesa.placeholder import is_placeholder

Body = Mapping[str, Any]

_LISTS = {"ResultParameters": "ResultParameter", "ReferenceData": "ReferenceItem"}
# What stands in the envelope itself; every other field is a parameter.
_ENVELOPE = frozenset(
    {"ResultType", "ResultCode", "ResultDesc", "OriginatorConversationID", "ConversationID", "TransactionID", *_LISTS}
)
_REFERENCES = frozenset({"BillReferenceNumber"})
_LONGEST = 128
FINAL = frozenset({None, "0"})
"""ResultType of a result that no other follows; 1 waits for further messages."""

BALANCES = frozenset(
    {
        "AccountBalance",
        "B2CUtilityAccountAvailableFunds",
        "B2CWorkingAccountAvailableFunds",
        "B2CChargesPaidAccountAvailableFunds",
        "DebitAccountBalance",
        "DebitPartyAffectedAccountBalance",
        "InitiatorAccountCurrentBalance",
    }
)
"""Parameters that tell the shortcode's balances; those of the other side are nobody's business."""

TIMES = ("TransactionCompletedDateTime", "TransCompletedTime", "FinalisedTime", "FinalizedTime", "BOCompletedTime")


def pivot(document: Any) -> dict[str, Any]:
    """Return the content of Result with its parameters and references as mappings by key."""
    body = document.get("Result") if isinstance(document, dict) else None
    if not isinstance(body, dict):
        raise NewShape("$.Result", "must be an object: this is no result of a request")
    pivoted = dict(body)
    for name, inner in _LISTS.items():
        pairs = body.get(name)
        if pairs is not None and not isinstance(pairs, dict):
            raise NewShape(json_path(("Result", name)), "must be an object")
        pivoted[name] = parameters.pivot(pairs.get(inner), ("Result", name, inner)) if pairs else {}
    return pivoted


def wire_path(document: Any, path: Path) -> str:
    """Return a path of the pivoted body, or the bare name of one of its fields, as a path of the body as it came."""
    if path and path[0] not in _ENVELOPE:
        path = ("ReferenceData" if path[0] in _REFERENCES else "ResultParameters", *path)
    if not path or path[0] not in _LISTS:
        return json_path(("Result", *path))
    name = str(path[0])
    held = document["Result"].get(name)
    if not held or _LISTS[name] not in held:
        return json_path(("Result", name) if name in document["Result"] else ("Result",))
    pairs, at = held[_LISTS[name]], ("Result", name, _LISTS[name])
    place = parameters.place_of(pairs, str(path[1])) if path[1:] else None
    return json_path(at if place is None else (*at, *place, "Value"))


def outcome(body: Body, kind: str) -> Outcome:
    """Return the outcome by the kind's table of codes: unknown while further messages are to come."""
    if code(body, "ResultType") not in FINAL:
        return Outcome.UNKNOWN
    return outcome_of(kind, code(body, "ResultCode"))


def told(body: Body, kind: str, outcome: Outcome, **more: Any) -> Facts:
    """Return the facts that every result tells: who it is, how it went, when, and the balances after it."""
    conversation, originator = identifier(body, "ConversationID"), identifier(body, "OriginatorConversationID")
    keys: list[PaymentKey] = [("originator", originator)] if originator else []
    if conversation:
        keys.append(("conversation", conversation))
    if not keys:
        raise NewShape("ConversationID", "is empty, and nothing else could tell this callback from others")
    receipt_keys: tuple[PaymentKey, ...] = more.pop("receipt_keys", ())
    inside, family = body["ResultParameters"], FAMILIES[kind]
    return Facts(
        family=family.name,
        direction=family.direction,
        about=family.about,
        outcome=outcome,
        identity="/".join(value for _, value in reversed(keys)),
        keys=(*receipt_keys, *keys),
        currency=None if more.get("amount") is None else text(inside, "Currency") or "KES",
        balances=read(inside, BALANCES),
        occurred_at=when(inside),
        result=ResultCode(code(body, "ResultCode"), text(body, "ResultDesc")),
        ids=Ids(conversation_id=conversation, originator_conversation_id=originator),
        **more,
    )


def paid(body: Body, kind: str, name: str) -> dict[str, Any]:
    """Return outcome, amount, receipt and its key of a request that moves money; `name` is its amount's parameter."""
    went = outcome(body, kind)
    moved = money(body["ResultParameters"], name, required=went is Outcome.SUCCEEDED)
    receipt = receipt_of(body) if went is Outcome.SUCCEEDED else None
    keys = (("receipt", receipt),) if receipt else ()
    return {"outcome": went, "amount": moved, "receipt": receipt, "receipt_keys": keys}


def money(inside: Body, name: str, *, required: bool) -> Decimal | None:
    """Return an amount. Raises NewShape where money has moved and nobody says how much, or two amounts are told."""
    _one(inside, name)
    moved = None if inside.get(name) == "" else amount(inside, name)
    if moved is None and required:
        raise NewShape(name, "is missing on a request that has succeeded")
    return moved


def _one(inside: Body, name: str) -> None:
    # Which of them is meant would be a guess.
    number = 2
    while (again := f"{name}#{number}") in inside:
        if inside[again] != inside[name]:
            raise NewShape(again, "comes again with another value")
        number += 1


def subject(body: Body, receipt: str | None, **ids: str | None) -> tuple[PaymentKey, ...]:
    """Return the ids of the payment that a result is about; `ids` by name, beside its receipt.

    A placeholder names nobody, and the ids of the result's own conversation name no other payment.
    """
    own = {text(body, "OriginatorConversationID"), text(body, "ConversationID")}
    named = {"receipt": None if receipt is None or is_placeholder(receipt) else receipt, **ids}
    return tuple(
        (name, value) for name, value in named.items() if value and len(value) <= _LONGEST and value not in own
    )


def receipt_of(body: Body) -> str | None:
    """Return the receipt of the money moved, None for a placeholder."""
    _one(body["ResultParameters"], "TransactionReceipt")
    receipt = identifier(body["ResultParameters"], "TransactionReceipt") or identifier(body, "TransactionID")
    return None if receipt is None or is_placeholder(receipt) else receipt


def when(inside: Body) -> datetime | None:
    """Return when it was completed; each of these requests has its own name for that."""
    return next((moment(inside, name) for name in TIMES if inside.get(name)), None)


def kind(name: str, normalise: Callable[[Body], Facts]) -> Kind:
    """Return the kind of that name; its schema has the same name."""
    return Kind(
        name=name,
        provider="mpesa",
        schema=f"mpesa/{name}",
        pivot=pivot,
        wire_path=wire_path,
        normalise=normalise,
        success=SUCCESS,
    )
