"""The body that C2B validation and C2B confirmation share; only the URL tells the two apart (Daraja, C2B)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.domain.event import ResultCode
from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.kind import NewShape, Path, json_path
from gateway.providers.mpesa.codes import is_customer_payment
from gateway.providers.mpesa.fields import amount, moment, party, required_text, text


def pivot(document: Any) -> dict[str, Any]:
    """Return the body as it is: it is flat already."""
    if not isinstance(document, dict):
        raise NewShape("$", "must be an object: this is no C2B callback")
    return document


def wire_path(_document: Any, path: Path) -> str:
    """Return a path of the body as JSON path text."""
    return json_path(path)


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a body that the schema has accepted. Only a customer's payment succeeds."""
    receipt = required_text(body, "TransID")
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
    try:
        written = text(body, "OrgAccountBalance")
        balance = amount({"OrgAccountBalance": written.removeprefix("-")}, "OrgAccountBalance") if written else None
    except NewShape:
        return None
    if balance is None or written is None:
        return None
    return {"OrgAccountBalance": -balance if written.startswith("-") else balance}
