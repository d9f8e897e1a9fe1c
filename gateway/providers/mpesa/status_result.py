"""`status-result`: the answer to a query about an earlier payment (Daraja, Transaction Status).

ResultCode tells how the query went; how the payment went is TransactionStatus, and a query that failed tells nothing
of it. The payment is named by its receipt and by the conversation ids among the parameters; the answer makes no payment
of its own. (The ids outside of the parameters are those of the query.)
"""

from gateway.domain.event import Party
from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.mpesa import result
from gateway.providers.mpesa.balances import fees
from gateway.providers.mpesa.codes import status_outcome
from gateway.providers.mpesa.fields import identifier, text
from gateway.providers.mpesa.names import public_party

_NAME = "status-result"


def normalise(body: result.Body) -> Facts:
    """Return the facts of a pivoted body that its schema has accepted."""
    inside = body["ResultParameters"]
    answered = result.outcome(body, _NAME) is Outcome.SUCCEEDED
    # Older bodies name the receiver CreditPartyName; newer ones write DebitPartyName twice, the receiver second.
    receipt = identifier(inside, "ReceiptNo")
    payee = text(inside, "CreditPartyName") or text(inside, "DebitPartyName#2")
    return result.told(
        body,
        _NAME,
        status_outcome(text(inside, "TransactionStatus")) if answered else Outcome.UNKNOWN,
        amount=result.money(inside, "Amount", required=False),
        original_receipt=receipt,
        subject=result.subject(
            body,
            receipt,
            originator=identifier(inside, "OriginatorConversationID")
            or identifier(inside, "Originator Conversation ID"),
            conversation=identifier(inside, "ConversationID") or identifier(inside, "Conversation ID"),
        ),
        payer=public_party(text(inside, "DebitPartyName")) or Party(),
        payee=public_party(payee),
        fees=fees(inside.get("DebitPartyCharges")),
    )


KIND = result.kind(_NAME, normalise)
