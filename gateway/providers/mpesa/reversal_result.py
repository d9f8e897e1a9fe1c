"""`reversal-result`: money of an earlier payment has gone back, or has not (Daraja, Reversals).

It is about another payment, named by `original_receipt`, and never makes one: its keys are only the ids of its own
conversation. Its own receipt is on the event, but is no key, and its code wins over its prose: one of Daraja's samples
has code 21 and says that it succeeded.
"""

from gateway.domain.event import Party
from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.mpesa import result
from gateway.providers.mpesa.balances import fees
from gateway.providers.mpesa.fields import identifier, text
from gateway.providers.mpesa.names import public_party

_NAME = "reversal-result"


def normalise(body: result.Body) -> Facts:
    """Return the facts of a pivoted body that its schema has accepted."""
    inside = body["ResultParameters"]
    went = result.outcome(body, _NAME)
    succeeded = went is Outcome.SUCCEEDED
    original = identifier(inside, "OriginalTransactionID")
    return result.told(
        body,
        _NAME,
        went,
        amount=result.money(inside, "Amount", required=succeeded),
        receipt=result.receipt_of(body) if succeeded else None,
        original_receipt=original,
        subject=result.subject(body, original),
        payer=public_party(text(inside, "DebitPartyPublicName")) or Party(),
        payee=public_party(text(inside, "CreditPartyPublicName")),
        fees=fees(inside.get("Charge")),
    )


KIND = result.kind(_NAME, normalise)
