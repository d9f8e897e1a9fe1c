"""`stk`: the callback of an STK push (M-Pesa Express).

The body carries neither shortcode nor account reference nor the payer's name: the shortcode is the hook's, the
reference may come from the URL (`?ref=`) or from the C2B confirmation of the same receipt.
"""

from collections.abc import Mapping
from typing import Any

from gateway.domain.event import Ids, ResultCode
from gateway.domain.facts import Facts, PaymentKey
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind, NewShape, Path, json_path
from gateway.providers.mpesa import items
from gateway.providers.mpesa.codes import outcome_of
from gateway.providers.mpesa.fields import SUCCESS, amount, code, moment, party, required_text, text
from gateway.providers.mpesa.placeholder import is_placeholder

_AT: Path = ("Body", "stkCallback")
_ITEMS: Path = (*_AT, "CallbackMetadata", "Item")
# What is read from the metadata; every other field stands in stkCallback itself.
_METADATA = frozenset({"Amount", "MpesaReceiptNumber", "TransactionDate", "PhoneNumber"})


def pivot(document: Any) -> dict[str, Any]:
    """Return the content of Body.stkCallback with CallbackMetadata.Item as a mapping by name."""
    body = document
    for step, name in enumerate(_AT):
        body = body.get(name) if isinstance(body, dict) else None
        if not isinstance(body, dict):
            raise NewShape(json_path(_AT[: step + 1]), "must be an object: this is no STK callback")
    metadata = body.get("CallbackMetadata")
    if metadata is None:
        return {name: value for name, value in body.items() if name != "CallbackMetadata"}
    if not isinstance(metadata, dict):
        raise NewShape(json_path((*_AT, "CallbackMetadata")), "must be an object")
    return {**body, "CallbackMetadata": items.pivot(metadata.get("Item"), _ITEMS)}


def wire_path(document: Any, path: Path) -> str:
    """Return a path of the pivoted body, or the bare name of one of its fields, as a path of the body as it came."""
    inside = path[1:] if path[:1] == ("CallbackMetadata",) else tuple(name for name in path[:1] if name in _METADATA)
    if not inside:
        return json_path((*_AT, *path))
    metadata = document["Body"]["stkCallback"].get("CallbackMetadata")
    place = items.position(metadata.get("Item"), str(inside[0])) if isinstance(metadata, dict) else None
    return json_path(_ITEMS if place is None else (*_ITEMS, place, "Value"))


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a pivoted body that its schema has accepted."""
    metadata = body.get("CallbackMetadata") or {}
    checkout = required_text(body, "CheckoutRequestID")
    result = code(body, "ResultCode")
    outcome = outcome_of("stk", result)
    paid = amount(metadata, "Amount")
    if outcome is Outcome.SUCCEEDED and paid is None:
        raise NewShape("Amount", "is empty on a payment that has succeeded")
    # Where no money has moved the item may be there all the same, empty or with a placeholder.
    receipt = required_text(metadata, "MpesaReceiptNumber") if outcome is Outcome.SUCCEEDED else None
    if receipt and is_placeholder(receipt):
        raise NewShape("MpesaReceiptNumber", "is a placeholder that many callbacks share")
    keys: list[PaymentKey] = [("receipt", receipt)] if receipt else []
    return Facts(
        family="payment",
        direction="in",
        outcome=outcome,
        identity=checkout,
        keys=(*keys, ("checkout", checkout)),
        amount=paid,
        currency=None if paid is None else "KES",
        receipt=receipt,
        payer=party(text(metadata, "PhoneNumber")),
        occurred_at=moment(metadata, "TransactionDate"),
        result=ResultCode(result, text(body, "ResultDesc")),
        ids=Ids(merchant_request_id=text(body, "MerchantRequestID"), checkout_request_id=checkout),
    )


KIND = Kind(
    name="stk",
    provider="mpesa",
    schema="mpesa/stk",
    pivot=pivot,
    wire_path=wire_path,
    normalise=normalise,
    success=SUCCESS,
    # The C2B confirmation of the same receipt knows the account reference and the name.
    incomplete=True,
    push=True,
)
