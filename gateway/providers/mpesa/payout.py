"""What B2C and B2Pochi share: their results are the same but for the URL (Daraja, B2C and B2Pochi)."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.mpesa import money, result
from gateway.providers.mpesa.fields import amount, moment, text

_BALANCES = (
    "B2CUtilityAccountAvailableFunds",
    "B2CWorkingAccountAvailableFunds",
    # Charges are kept as a negative balance.
    "B2CChargesPaidAccountAvailableFunds",
)


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a result that the schema has accepted."""
    told = result.parameters(body)
    outcome = result.outcome(body, "b2c")
    candidates = (text(told, "TransactionReceipt"), text(body, "TransactionID"))
    receipt = result.receipt_of(*candidates) if outcome is Outcome.SUCCEEDED else None
    paid = amount(told, "TransactionAmount")
    return Facts(
        family="payout",
        direction="out",
        outcome=outcome,
        identity=result.identity(body),
        keys=result.keys(body, receipt),
        amount=paid,
        currency=None if paid is None else "KES",
        receipt=receipt,
        payee=money.public_name(text(told, "ReceiverPartyPublicName")),
        balances=money.balances(told, *_BALANCES),
        occurred_at=moment(told, "TransactionCompletedDateTime"),
        result=result.said(body),
        ids=result.ids(body),
    )
