"""`timeout`: a request timed out while waiting in M-Pesa's queue (QueueTimeOutURL). It means unknown, never failed.

Who marks it failed pays twice: the request may still be carried out, and its result come later. Daraja publishes no
body, so that any JSON object is taken. `?for=b2c-result` in the URL says what kind of request it was; ids are taken
where the body has some, and the digest of its bytes tells it apart where it has none.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.domain.callback import Callback
from gateway.domain.event import Ids, ResultCode
from gateway.domain.facts import Facts, PaymentKey
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind, NewShape
from gateway.providers.mpesa import flat
from gateway.providers.mpesa.families import FAMILIES, NO_REQUEST
from gateway.providers.mpesa.fields import SUCCESS, code, identifier, text

_LONGEST_ID = 128


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return what little a notice tells. Its ids stand in `Result` or at the top."""
    inner = body.get("Result")
    told = inner if isinstance(inner, dict) else body
    conversation, originator = _id(told, "ConversationID"), _id(told, "OriginatorConversationID")
    keys: list[PaymentKey] = [("originator", originator)] if originator else []
    if conversation:
        keys.append(("conversation", conversation))
    return Facts(
        family=NO_REQUEST.name,
        direction=NO_REQUEST.direction,
        outcome=Outcome.UNKNOWN,
        identity="/".join(value for _, value in reversed(keys)),
        keys=tuple(keys),
        currency=None,
        result=ResultCode(_told(code, told, "ResultCode"), _told(text, told, "ResultDesc")),
        ids=Ids(conversation_id=conversation, originator_conversation_id=originator),
        notice="a request timed out in M-Pesa's queue: nobody knows yet how it went",
    )


def complete(facts: Facts, callback: Callback) -> Facts:
    """Return the facts with the family that the URL names, and an identity."""
    family = FAMILIES.get(callback.context.get("for", ""), NO_REQUEST)
    identity = facts.identity or callback.body_digest
    return replace(facts, family=family.name, direction=family.direction, about=family.about, identity=identity)


def _id(body: Mapping[str, Any], name: str) -> str | None:
    found = _told(identifier, body, name)
    return found if found and len(found) <= _LONGEST_ID else None


def _told(read: Any, body: Mapping[str, Any], name: str) -> str | None:
    # Nobody has promised a form: what cannot be read is left out, the bytes are kept.
    try:
        found: str | None = read(body, name)
    except NewShape:
        return None
    return found


KIND = Kind(
    name="timeout",
    provider="mpesa",
    schema="mpesa/timeout",
    pivot=flat.pivot,
    wire_path=flat.wire_path,
    normalise=normalise,
    success=SUCCESS,
    complete=complete,
)
