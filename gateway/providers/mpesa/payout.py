"""What a payout to a customer tells: B2C and B2Pochi have the same body, only the URL tells them apart (Daraja)."""

from gateway.domain.facts import Facts
from gateway.providers.mpesa import result
from gateway.providers.mpesa.fields import text
from gateway.providers.mpesa.names import public_party


def normalise(body: result.Body, kind: str) -> Facts:
    """Return the facts of a pivoted body that its schema has accepted."""
    payee = public_party(text(body["ResultParameters"], "ReceiverPartyPublicName"))
    return result.told(body, kind, payee=payee, **result.paid(body, kind, "TransactionAmount"))
