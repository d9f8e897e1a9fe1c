"""`timeout`: a request waited in M-Pesa's queue for too long (QueueTimeOutURL). What came of it is unknown.

It is never a failure: handlers that take it for one pay twice. The body is published nowhere, so that any object is
taken; `?for=b2c-result` in the hook's URL says which request it was.
"""

from collections.abc import Mapping
from typing import Any

from gateway.domain.callback import Callback
from gateway.domain.event import Ids, ResultCode
from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind
from gateway.providers.mpesa import anything
from gateway.providers.mpesa.fields import SUCCESS, code, text

FAMILIES: Mapping[str, str] = {
    "b2c-result": "payout",
    "b2pochi-result": "payout",
    "b2b-result": "transfer",
    "tax-result": "tax",
    "reversal-result": "reversal",
    "status-result": "status",
    "balance-result": "balance",
}
"""What `?for=` names -> the family of the event. Without it, or with another name: request."""


def normalise(body: Mapping[str, Any], callback: Callback) -> Facts:
    """Return the facts of any object; ids are looked for where results have them, and flat."""
    inner = body.get("Result")
    told = inner if isinstance(inner, dict) else body
    conversation, originator = text(told, "ConversationID"), text(told, "OriginatorConversationID")
    named = (("originator", originator), ("conversation", conversation))
    return Facts(
        family=FAMILIES.get(callback.context.get("for", ""), "request"),
        direction="out",
        outcome=Outcome.UNKNOWN,
        identity="/".join((conversation or "", originator or ""))[:128]
        if conversation or originator
        else callback.body_digest,
        keys=tuple((name, value[:128]) for name, value in named if value),
        currency=None,
        result=ResultCode(code(told, "ResultCode"), text(told, "ResultDesc")),
        ids=Ids(conversation_id=conversation, originator_conversation_id=originator),
    )


KIND = Kind(
    name="timeout",
    provider="mpesa",
    schema="mpesa/anything",
    pivot=anything.pivot,
    wire_path=anything.wire_path,
    normalise=normalise,
    success=SUCCESS,
    in_context=True,
)
