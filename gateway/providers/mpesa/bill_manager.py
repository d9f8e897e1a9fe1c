"""`bill-manager`: a customer has paid a bill (Daraja, Bill Manager).

The only product with documented retries: five, until it is answered with rescode "200". It tells the day of a payment,
not its time: `occurred_at` is the beginning of that day.
"""

from collections.abc import Mapping
from typing import Any

from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind, NewShape
from gateway.providers.mpesa import flat
from gateway.providers.mpesa.fields import amount, day_or_moment, party, required_text, text
from gateway.providers.mpesa.placeholder import is_placeholder

ANSWER = b'{"resmsg":"Success","rescode":"200"}'
"""What Bill Manager takes for "received"."""


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a body that the schema has accepted. It comes for payments only, so that it succeeded."""
    receipt = required_text(body, "transactionId")
    if is_placeholder(receipt):
        raise NewShape("transactionId", "is a placeholder that many callbacks share")
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
        occurred_at=day_or_moment(body, "dateCreated"),
    )


KIND = Kind(
    name="bill-manager",
    provider="mpesa",
    schema="mpesa/bill-manager",
    pivot=flat.pivot,
    wire_path=flat.wire_path,
    normalise=normalise,
    success=ANSWER,
)
