"""`b2b-express`: another business was prompted to pay this one (Daraja, B2B Express CheckOut).

The till of the other business is prompted and its money comes to our shortcode: for us it is a payment that comes in,
so its events are payment.*. The body is flat; the page's table of parameters (a Result envelope) contradicts its own
JSON and counts for nothing. The paying business is not named.
"""

from collections.abc import Mapping
from typing import Any

from gateway.domain.event import Ids, ResultCode
from gateway.domain.facts import Facts, PaymentKey
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind, NewShape
from gateway.providers.mpesa import flat
from gateway.providers.mpesa.codes import outcome_of
from gateway.providers.mpesa.families import FAMILIES
from gateway.providers.mpesa.fields import SUCCESS, amount, code, identifier, required_text, text
from gateway.providers.mpesa.placeholder import is_placeholder

_FINAL = frozenset({None, "0"})
_NAME = "b2b-express"


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a body that the schema has accepted."""
    request = required_text(body, "requestId")
    outcome = outcome_of(_NAME, code(body, "resultCode"))
    if code(body, "resultType") not in _FINAL:
        outcome = Outcome.UNKNOWN
    paid = None if body.get("amount") == "" else amount(body, "amount")
    receipt = _receipt(body, paid is None) if outcome is Outcome.SUCCEEDED else None
    conversation = identifier(body, "conversationID")
    keys: list[PaymentKey] = [("receipt", receipt)] if receipt else []
    keys.append(("originator", request))
    if conversation:
        keys.append(("conversation", conversation))
    return Facts(
        family=FAMILIES[_NAME].name,
        direction=FAMILIES[_NAME].direction,
        outcome=outcome,
        identity=request,
        keys=tuple(keys),
        amount=paid,
        currency=None if paid is None else "KES",
        receipt=receipt,
        account_reference=text(body, "paymentReference"),
        result=ResultCode(code(body, "resultCode"), text(body, "resultDesc")),
        ids=Ids(conversation_id=conversation, originator_conversation_id=request),
    )


def _receipt(body: Mapping[str, Any], unpaid: bool) -> str:
    if unpaid:
        raise NewShape("amount", "is empty on a payment that has succeeded")
    receipt = required_text(body, "transactionId")
    if is_placeholder(receipt):
        raise NewShape("transactionId", "is a placeholder that many callbacks share")
    return receipt


KIND = Kind(
    name=_NAME,
    provider="mpesa",
    schema="mpesa/b2b-express",
    pivot=flat.pivot,
    wire_path=flat.wire_path,
    normalise=normalise,
    success=SUCCESS,
    push=True,
)
