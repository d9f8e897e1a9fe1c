"""What B2B payments and tax remittances share (Daraja, Business Pay Bill, Business Buy Goods, Top-up, Tax)."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.mpesa import money, result
from gateway.providers.mpesa.fields import amount, moment, text

_BALANCES = ("DebitAccountBalance", "DebitAccountCurrentBalance", "InitiatorAccountCurrentBalance")


def normalise(family: str, body: Mapping[str, Any]) -> Facts:
    """Return the facts of a result that the schema has accepted. Live results may lack BillReferenceNumber."""
    told = result.parameters(body)
    outcome = result.outcome(body, "b2b")
    receipt = result.receipt_of(text(body, "TransactionID")) if outcome is Outcome.SUCCEEDED else None
    paid = amount(told, "Amount")
    return Facts(
        family=family,
        direction="out",
        outcome=outcome,
        identity=result.identity(body),
        keys=result.keys(body, receipt),
        amount=paid,
        currency=None if paid is None else text(told, "Currency") or "KES",
        receipt=receipt,
        account_reference=text(result.references(body), "BillReferenceNumber"),
        payee=money.public_name(text(told, "ReceiverPartyPublicName")),
        fees=money.charge(text(told, "DebitPartyCharges")),
        balances=money.balances(told, *_BALANCES),
        occurred_at=moment(told, "TransCompletedTime"),
        result=result.said(body),
        ids=result.ids(body),
    )
