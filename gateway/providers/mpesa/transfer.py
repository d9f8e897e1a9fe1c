"""What a transfer to a business tells: B2B (paybill, buy goods, top-up) and tax remittance (Daraja pages of each)."""

from gateway.domain.facts import Facts
from gateway.providers.mpesa import result
from gateway.providers.mpesa.balances import fees
from gateway.providers.mpesa.fields import text
from gateway.providers.mpesa.names import public_party


def normalise(body: result.Body, kind: str) -> Facts:
    """Return the facts of a pivoted body that its schema has accepted. The reference is the PRN for tax."""
    inside = body["ResultParameters"]
    return result.told(
        body,
        kind,
        payee=public_party(text(inside, "ReceiverPartyPublicName")),
        account_reference=text(body["ReferenceData"], "BillReferenceNumber"),
        fees=fees(inside.get("DebitPartyCharges")),
        **result.paid(body, kind, "Amount"),
    )
