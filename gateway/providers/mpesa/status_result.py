"""`status-result`: the result of a transaction status query (Daraja, Transaction Status).

ResultCode speaks of the query; how the payment stands, TransactionStatus says. The event tells what the query found:
it is no payment, and has no key but the query's own conversation."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.event import Party
from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind
from gateway.providers.mpesa import money, result
from gateway.providers.mpesa.codes import status_outcome
from gateway.providers.mpesa.fields import SUCCESS, amount, moment, text


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a result that the schema has accepted. A query that failed leaves the payment unknown."""
    told = result.parameters(body)
    answered = result.outcome(body, "status") is Outcome.SUCCEEDED
    asked_for = amount(told, "Amount")
    return Facts(
        family="status",
        direction="out",
        outcome=status_outcome(text(told, "TransactionStatus")) if answered else Outcome.UNKNOWN,
        identity=result.identity(body),
        keys=result.keys(body),
        amount=asked_for,
        currency=None if asked_for is None else "KES",
        original_receipt=text(told, "ReceiptNo"),
        # The official sample names DebitPartyName twice, once for each side; older bodies say CreditPartyName.
        payee=money.public_name(text(told, "CreditPartyName") or text(told, "DebitPartyName#2")),
        payer=money.public_name(text(told, "DebitPartyName")) or Party(),
        fees=money.charge(text(told, "DebitPartyCharges")),
        occurred_at=moment(told, "FinalisedTime") or moment(told, "FinalizedTime"),
        result=result.said(body),
        ids=result.ids(body),
    )


KIND = Kind(
    name="status-result",
    provider="mpesa",
    schema="mpesa/result",
    pivot=result.pivot,
    wire_path=result.wire_path,
    normalise=normalise,
    success=SUCCESS,
)
