"""`balance-result`: the result of an account balance query (Daraja, Account Balance). Balances may be negative."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.facts import Facts
from gateway.providers.kind import Kind
from gateway.providers.mpesa import money, result
from gateway.providers.mpesa.fields import SUCCESS, moment, text


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a result that the schema has accepted. A failed query has parameters too."""
    told = result.parameters(body)
    return Facts(
        family="balance",
        direction="out",
        outcome=result.outcome(body, "balance"),
        identity=result.identity(body),
        keys=result.keys(body),
        currency="KES" if money.accounts(text(told, "AccountBalance")) else None,
        balances=money.accounts(text(told, "AccountBalance")) or None,
        occurred_at=moment(told, "BOCompletedTime"),
        result=result.said(body),
        ids=result.ids(body),
    )


KIND = Kind(
    name="balance-result",
    provider="mpesa",
    schema="mpesa/result",
    pivot=result.pivot,
    wire_path=result.wire_path,
    normalise=normalise,
    success=SUCCESS,
)
