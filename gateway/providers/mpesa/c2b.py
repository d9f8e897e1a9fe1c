"""The body that C2B validation and C2B confirmation share; only the URL tells the two apart (Daraja, C2B)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.domain.event import ResultCode
from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.kind import NewShape
from gateway.providers.mpesa import balances, flat
from gateway.providers.mpesa.codes import is_customer_payment
from gateway.providers.mpesa.fields import amount, moment, party, required_text, text
from gateway.providers.mpesa.placeholder import is_placeholder

pivot = flat.pivot
wire_path = flat.wire_path


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a body that the schema has accepted. Only a customer's payment succeeds."""
    receipt = required_text(body, "TransID")
    if is_placeholder(receipt):
        raise NewShape("TransID", "is a placeholder that many callbacks share")
    kind_of_row = text(body, "TransactionType")
    customers = is_customer_payment(kind_of_row)
    return Facts(
        family="payment",
        direction="in",
        outcome=Outcome.SUCCEEDED if customers else Outcome.UNKNOWN,
        identity=receipt,
        keys=(("receipt", receipt),),
        shortcode=text(body, "BusinessShortCode"),
        amount=amount(body, "TransAmount"),
        receipt=receipt,
        account_reference=text(body, "BillRefNumber"),
        payer=party(text(body, "MSISDN"), *(text(body, part) for part in ("FirstName", "MiddleName", "LastName"))),
        balances=_balances(body),
        occurred_at=moment(body, "TransTime"),
        result=ResultCode(None, kind_of_row),
        notice=None if customers else f"C2B row of TransactionType {kind_of_row!r} is not a known customer payment",
    )


def _balances(body: Mapping[str, Any]) -> dict[str, Decimal] | None:
    # Sent on confirmations only, and never worth losing a payment for: an unreadable balance is left out.
    balance = balances.money(body.get("OrgAccountBalance"))
    return None if balance is None else {"OrgAccountBalance": balance}
