"""`bill-manager`: an invoice was paid (Daraja, Bill Manager). The one callback that is documented to be tried again."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind
from gateway.providers.mpesa import anything
from gateway.providers.mpesa.fields import amount, day, party, required_text, text

ANSWER = b'{"resmsg":"Success","rescode":"200"}'
"""What Bill Manager takes for "received"; after anything else it tries again, five times in all."""


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a body that its schema has accepted. Its date has no time: midnight in Nairobi stands in."""
    receipt = required_text(body, "transactionId")
    return Facts(
        family="payment",
        direction="in",
        outcome=Outcome.SUCCEEDED,
        identity=receipt,
        keys=(("receipt", receipt),),
        shortcode=text(body, "shortCode"),
        amount=amount(body, "paidAmount"),
        receipt=receipt,
        account_reference=text(body, "accountReference"),
        payer=party(text(body, "msisdn")),
        occurred_at=day(body, "dateCreated"),
    )


KIND = Kind(
    name="bill-manager",
    provider="mpesa",
    schema="mpesa/bill-manager",
    pivot=anything.pivot,
    wire_path=anything.wire_path,
    normalise=normalise,
    success=ANSWER,
)
