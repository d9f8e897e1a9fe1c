"""`b2b-express`: another business was prompted to pay us, and did or did not (Daraja, B2B Express CheckOut).

The money comes in, so that it is a payment; the prompted business is its payer.
"""

from collections.abc import Mapping
from typing import Any

from gateway.domain.event import Ids, ResultCode
from gateway.domain.facts import Facts, PaymentKey
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind
from gateway.providers.mpesa import anything
from gateway.providers.mpesa.codes import outcome_of
from gateway.providers.mpesa.fields import SUCCESS, amount, code, required_text, text
from gateway.providers.mpesa.result import receipt_of


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a body that its schema has accepted."""
    request = required_text(body, "requestId")
    result = code(body, "resultCode")
    outcome = outcome_of("b2b-express", result)
    receipt = receipt_of(text(body, "transactionId")) if outcome is Outcome.SUCCEEDED else None
    paid = amount(body, "amount")
    keys: tuple[PaymentKey, ...] = (("receipt", receipt),) if receipt else ()
    return Facts(
        family="payment",
        direction="in",
        outcome=outcome,
        identity=request,
        keys=(*keys, ("checkout", request)),
        amount=paid,
        currency=None if paid is None else "KES",
        receipt=receipt,
        account_reference=text(body, "paymentReference"),
        result=ResultCode(result, text(body, "resultDesc")),
        ids=Ids(checkout_request_id=request, conversation_id=text(body, "conversationID")),
    )


KIND = Kind(
    name="b2b-express",
    provider="mpesa",
    schema="mpesa/b2b-express",
    pivot=anything.pivot,
    wire_path=anything.wire_path,
    normalise=normalise,
    success=SUCCESS,
)
