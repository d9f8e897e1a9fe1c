"""`reversal-result`: the result of a reversal (Daraja, Reversal).

TransactionID is the reversal's own receipt, OriginalTransactionID that of the payment that was taken back. The event
tells of the reversal: it is no payment, and has no key but its own conversation's."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind
from gateway.providers.mpesa import money, result
from gateway.providers.mpesa.fields import SUCCESS, amount, moment, text


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a result that the schema has accepted. The code decides: old samples say success in prose."""
    told = result.parameters(body)
    outcome = result.outcome(body, "reversal")
    receipt = result.receipt_of(text(body, "TransactionID")) if outcome is Outcome.SUCCEEDED else None
    taken_back = amount(told, "Amount")
    return Facts(
        family="reversal",
        direction="out",
        outcome=outcome,
        identity=result.identity(body),
        keys=result.keys(body),
        amount=taken_back,
        currency=None if taken_back is None else "KES",
        receipt=receipt,
        original_receipt=text(told, "OriginalTransactionID"),
        payee=money.public_name(text(told, "CreditPartyPublicName")),
        fees=money.charge(text(told, "Charge")),
        balances=money.balances(told, "DebitAccountBalance"),
        occurred_at=moment(told, "TransCompletedTime"),
        result=result.said(body),
        ids=result.ids(body),
    )


KIND = Kind(
    name="reversal-result",
    provider="mpesa",
    schema="mpesa/result",
    pivot=result.pivot,
    wire_path=result.wire_path,
    normalise=normalise,
    success=SUCCESS,
)
